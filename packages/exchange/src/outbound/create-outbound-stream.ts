import { randomUUID } from 'node:crypto';
import { type CreateStreamRequest, createStream, type StreamConfiguration } from '@mra/exchange-protocol';
import type { DB } from '@mra/registry';
import type { Transaction } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import { termsOf } from './stream-terms.ts';
import { waitingForWriters } from './waiting-for-writers.ts';

export type StreamCreated =
  | { readonly ok: true; readonly configuration: StreamConfiguration }
  | { readonly ok: false; readonly reason: 'invalid'; readonly pointer: string; readonly detail: string }
  /** A partner has one stream (409; SSF 1.0 section 8.1.1.1). */
  | { readonly ok: false; readonly reason: 'exists' };

/**
 * Makes the stream to a partner. Its members are gone through without events afterwards (`sweep_stream`), since the partner begins
 * with a snapshot; every change committed from now on is an event.
 */
export async function createOutboundStream(
  exchange: Exchange,
  partner: Partner,
  request: CreateStreamRequest,
): Promise<StreamCreated> {
  const made = createStream(request, termsOf(exchange, partner, randomUUID()));
  if (!made.ok) return { ...made, reason: 'invalid' };
  const { configuration } = made;
  // Who has one is told so without waiting.
  if (await hasStream(exchange, partner)) return { ok: false, reason: 'exists' };
  return waitingForWriters(
    exchange,
    async (tx) => {
      const created = await tx
        .insertInto('stream')
        .values({
          id: configuration.stream_id,
          partner: partner.code,
          configuration: JSON.stringify(configuration),
        })
        .onConflict((conflict) => conflict.column('partner').doNothing())
        .executeTakeFirst();
      if (created.numInsertedOrUpdatedRows !== 1n) return { ok: false, reason: 'exists' } as const;
      await tx.insertInto('delivery_turn').values({ stream_id: configuration.stream_id }).execute();
      return { ok: true, configuration } as const;
    },
    partner.code,
  );
}

async function hasStream(exchange: Exchange, { code }: Partner): Promise<boolean> {
  const found = (tx: Transaction<DB>) =>
    tx.selectFrom('stream').select('id').where('partner', '=', code).executeTakeFirst();
  return (await inExchange(exchange.db, found, code)) !== undefined;
}
