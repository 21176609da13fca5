import { randomUUID } from 'node:crypto';
import { keepsEvents, type VerificationRequest, verificationWait } from '@mra/exchange-protocol';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { readStream } from './outbound-stream.ts';
import { appendStreamEvent } from './outbox.ts';
import { MIN_VERIFICATION_SECONDS } from './stream-terms.ts';

export type VerificationRequested =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'unknown' }
  /** It keeps no events. */
  | { readonly ok: false; readonly reason: 'disabled' }
  /** 429 (SSF 1.0 section 8.1.4.2). */
  | { readonly ok: false; readonly reason: 'too_early'; readonly waitSeconds: number };

/** Puts a verification event with the partner's `state` into its stream (SSF 1.0 section 8.1.4.2). */
export async function requestVerification(
  { db, now }: Exchange,
  partner: string,
  { stream_id: streamId, state }: VerificationRequest,
): Promise<VerificationRequested> {
  return inExchange(
    db,
    async (tx) => {
      const stream = await readStream(tx, streamId, { lock: true });
      if (stream === null) return { ok: false, reason: 'unknown' } as const;
      if (!keepsEvents(stream.state)) return { ok: false, reason: 'disabled' } as const;
      const waitSeconds = Math.ceil(verificationWait(stream.verifiedAt, now(), MIN_VERIFICATION_SECONDS));
      if (waitSeconds > 0) return { ok: false, reason: 'too_early', waitSeconds } as const;
      await tx.updateTable('stream').set({ verified_at: now() }).where('id', '=', streamId).execute();
      const content = state === undefined ? {} : { state };
      await appendStreamEvent(tx, streamId, 'verification', content, `verification:${randomUUID()}`);
      return { ok: true } as const;
    },
    partner,
  );
}
