import { randomUUID } from 'node:crypto';
import { type CreateStreamRequest, createStream, type StreamConfiguration } from '@mra/exchange-protocol';
import type { DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import { termsOf } from './stream-terms.ts';

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
  return inExchange(
    exchange.db,
    async (tx) => {
      await waitForWriters(tx);
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

/**
 * Waits for the change that is being recorded (the writers' lock of `begin_recording`). It may have looked for streams to tell of it
 * before this one was there, and commit after the sweep has gone past its members. Later ones see the stream. To be taken before
 * the row of the stream, as writers do.
 */
export async function waitForWriters(tx: Transaction<DB>): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(7001)`.execute(tx);
}
