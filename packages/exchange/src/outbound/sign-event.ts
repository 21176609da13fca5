import {
  type Member,
  memberSubject,
  type OutgoingEvent,
  SET_LENGTH_MAX,
  STATUS_PERIODS_MAX,
  signSet,
  streamSubject,
} from '@mra/exchange-protocol';
import type { Exchange } from '../context.ts';
import type { OutboundStream } from './outbound-stream.ts';
import type { OutboxEvent } from './outbox.ts';

/** Characters of a SET besides the payload in base64url: header, claims of bounded length, signature. */
const AROUND = 8192;

/**
 * An event as a Security Event Token, signed anew at each sending: `jti` stays, `iat` is now. The partner is told that a member is no
 * longer communicated, instead of its record, where that ended since the event was written (exchange contract, section 2: it may have
 * waited, or be sent again); and where the record is more than an event may hold: nothing else could be told of it in this place
 * of the stream, the others go on, and nobody is recognised by what was told before.
 * @throws RangeError when it is not what its type says: then nobody may be told anything behind it either
 */
export async function signEvent(exchange: Exchange, stream: OutboundStream, event: OutboxEvent): Promise<string> {
  const { agreement, record } = event.payload as { readonly agreement?: string; readonly record?: Told };
  const { seq, endedFrom } = event;
  if (record === undefined || (endedFrom === null && !isTooMuch(record))) return sign(exchange, stream, event);
  const { programme, number } = record;
  if (endedFrom === null) {
    const fields = { partner: stream.partner, streamId: stream.id, seq, programme, number };
    exchange.log.error(fields, 'a record is too long to be sent: its member is told as no longer communicated');
  }
  const payload = { seq, agreement, member: { programme, number } };
  return sign(exchange, stream, { ...event, event: 'communicationEnded', payload, toe: endedFrom ?? event.toe });
}

type Told = Member & { readonly statuses?: readonly unknown[] };

function isTooMuch(record: Told): boolean {
  if ((record.statuses?.length ?? 0) > STATUS_PERIODS_MAX) return true;
  return (Buffer.byteLength(JSON.stringify(record)) * 4) / 3 + AROUND > SET_LENGTH_MAX;
}

async function sign(
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
