import type { StreamConfiguration, StreamState } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { DB } from '@mra/registry';
import type { Selectable, Transaction } from 'kysely';

/** A stream from this deployment to a partner. */
export interface OutboundStream {
  readonly id: string;
  /** Code of the partner. */
  readonly partner: string;
  readonly configuration: StreamConfiguration;
  readonly state: StreamState;
  /** The highest `seq` that was given; 0: none. */
  readonly lastSeq: number;
  /** When a verification was last asked for. */
  readonly verifiedAt: Instant | null;
  /** Failed attempts to push the next event, in a row. */
  readonly attempts: number;
  /** Nothing is pushed before. */
  readonly nextAttemptAt: Instant | null;
}

/**
 * A stream that the transaction may see: a partner's own, or any for the exchange itself.
 * @param lock keeps its row until the end of the transaction. Whoever also needs its turn or rows of its outbox locks in this order: turn,
 *   stream, outbox by `seq`
 */
export async function readStream(
  tx: Transaction<DB>,
  streamId: string,
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<OutboundStream | null> {
  const query = tx.selectFrom('stream').selectAll().where('id', '=', streamId);
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
  return row === undefined ? null : toStream(row);
}

/** The columns of a stream's status. */
export function stateColumns({ wanted, reason, deliverThrough }: StreamState) {
  return {
    wanted_transmitter: wanted.transmitter,
    wanted_receiver: wanted.receiver,
    reason,
    deliver_through: deliverThrough,
  };
}

export function toStream(row: Selectable<DB['stream']>): OutboundStream {
  return {
    id: row.id,
    partner: row.partner,
    configuration: row.configuration as unknown as StreamConfiguration,
    state: {
      wanted: {
        transmitter: row.wanted_transmitter as StreamState['wanted']['transmitter'],
        receiver: row.wanted_receiver as StreamState['wanted']['receiver'],
      },
      reason: row.reason,
      deliverThrough: row.deliver_through,
    },
    lastSeq: row.last_seq,
    verifiedAt: row.verified_at,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
  };
}
