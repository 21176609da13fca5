import { type Member, memberSubject, type OutgoingEvent, signSet, streamSubject } from '@mra/exchange-protocol';
import type { Exchange } from '../context.ts';
import type { OutboundStream } from './outbound-stream.ts';
import type { OutboxEvent } from './outbox.ts';

/**
 * An event as a Security Event Token, signed anew at each sending: `jti` stays, `iat` is now.
 * @throws RangeError when it is not what its type says, or too long: then nobody may be told anything behind it either
 */
export async function signEvent(
  { keys, now }: Exchange,
  { id, configuration }: OutboundStream,
  { jti, event, payload, toe, txn }: OutboxEvent,
): Promise<string> {
  const member = (payload.record ?? payload.member) as Member | undefined;
  return signSet(
    {
      issuer: configuration.iss,
      audience: configuration.aud,
      jti,
      iat: now(),
      toe,
      txn,
      subject: member === undefined ? streamSubject(id) : memberSubject(member),
      event: { name: event, payload } as unknown as OutgoingEvent,
    },
    await keys.signingKey(),
  );
}
