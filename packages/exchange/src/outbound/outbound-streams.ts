import { type StreamConfiguration, type StreamStatusBody, statusOf } from '@mra/exchange-protocol';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { type OutboundStream, readStream } from './outbound-stream.ts';
import { takeTurn } from './turn.ts';

/** The configurations of a partner's streams: none or one (SSF 1.0 section 8.1.1.2). */
export async function readOutboundStreams({ db }: Exchange, partner: string): Promise<readonly StreamConfiguration[]> {
  const rows = await inExchange(
    db,
    (tx) => tx.selectFrom('stream').select('configuration').where('partner', '=', partner).execute(),
    partner,
  );
  return rows.map(({ configuration }) => configuration as unknown as StreamConfiguration);
}

/** The status of a partner's stream (SSF 1.0 section 8.1.2.1); null: the partner has no such stream. */
export async function readStreamStatus(
  { db }: Exchange,
  partner: string,
  streamId: string,
): Promise<StreamStatusBody | null> {
  const stream = await inExchange(db, (tx) => readStream(tx, streamId), partner);
  return stream === null ? null : statusBodyOf(stream);
}

export function statusBodyOf({ id, state }: Pick<OutboundStream, 'id' | 'state'>): StreamStatusBody {
  return { stream_id: id, status: statusOf(state), ...(state.reason !== null && { reason: state.reason }) };
}

/**
 * Removes a partner's stream with its outbox and its snapshots (SSF 1.0 section 8.1.1.5), once whoever delivers it has ended its turn.
 * @returns whether the partner had such a stream
 */
export async function deleteOutboundStream({ db }: Exchange, partner: string, streamId: string): Promise<boolean> {
  return inExchange(
    db,
    async (tx) => {
      await takeTurn(tx, streamId, { wait: true });
      const deleted = await tx.deleteFrom('stream').where('id', '=', streamId).executeTakeFirst();
      return deleted.numDeletedRows > 0n;
    },
    partner,
  );
}
