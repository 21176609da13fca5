import type { DB } from '@mra/registry';
import type { Transaction } from 'kysely';

/**
 * Takes the turn of a stream until the end of the transaction: whoever has it is the only one who delivers.
 * @returns false where the turn is somebody else's, or there is no such stream
 */
export async function takeTurn(
  tx: Transaction<DB>,
  streamId: string,
  { wait = false }: { readonly wait?: boolean } = {},
): Promise<boolean> {
  const query = tx.selectFrom('delivery_turn').select('stream_id').where('stream_id', '=', streamId).forUpdate();
  return (await (wait ? query : query.skipLocked()).executeTakeFirst()) !== undefined;
}
