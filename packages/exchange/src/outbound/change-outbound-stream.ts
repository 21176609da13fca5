import {
  type ChangeStreamRequest,
  replaceStream,
  type StreamConfiguration,
  updateStream,
} from '@mra/exchange-protocol';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import { readStream } from './outbound-stream.ts';
import { termsOf } from './stream-terms.ts';

export type StreamChanged =
  | { readonly ok: true; readonly configuration: StreamConfiguration }
  | { readonly ok: false; readonly reason: 'invalid'; readonly pointer: string; readonly detail: string }
  | { readonly ok: false; readonly reason: 'unknown' };

/**
 * Changes the configuration of a partner's stream: `update` leaves what is not in the request (SSF 1.0 section 8.1.1.3), `replace` removes
 * it (section 8.1.1.4). Events that are outstanding go the new way, at once.
 */
export async function changeOutboundStream(
  exchange: Exchange,
  partner: Partner,
  request: ChangeStreamRequest,
  how: 'update' | 'replace',
): Promise<StreamChanged> {
  return inExchange(
    exchange.db,
    async (tx) => {
      const stream = await readStream(tx, request.stream_id, { lock: true });
      if (stream === null) return { ok: false, reason: 'unknown' } as const;
      const change = how === 'update' ? updateStream : replaceStream;
      const changed = change(stream.configuration, request, termsOf(exchange, partner, stream.id));
      if (!changed.ok) return { ...changed, reason: 'invalid' } as const;
      await tx
        .updateTable('stream')
        .set({ configuration: JSON.stringify(changed.configuration), attempts: 0, next_attempt_at: null })
        .where('id', '=', stream.id)
        .execute();
      await sql`select pg_notify('mra_outbox', ${stream.id})`.execute(tx);
      return { ok: true, configuration: changed.configuration } as const;
    },
    partner.code,
  );
}
