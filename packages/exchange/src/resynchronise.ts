import type { DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';

/**
 * Asks for a snapshot of everything that a partner communicates; a worker loads it. Until then the copy ages, and events go on. Needs a
 * transaction of the exchange.
 * @param allowShrinkTo how few members it may leave; null: no more than a tenth fewer than are held
 * @returns false when nothing is received from the partner, or there is none
 */
export async function askForSnapshot(
  tx: Transaction<DB>,
  partner: string,
  { reason, allowShrinkTo }: { readonly reason: string; readonly allowShrinkTo: number | null },
): Promise<boolean> {
  const { rows } = await sql`
    update inbound_stream s
       set needs_snapshot = true, snapshot_reason = ${reason}, allow_shrink_to = ${allowShrinkTo}, next_attempt_at = null,
           snapshot_after = null
      from partner p
     where s.partner = ${partner} and p.code = s.partner and p.is_registered and p.receive_by <> 'nothing'
    returning 1`.execute(tx);
  if (rows.length === 0) return false;
  await sql`select pg_notify('mra_inbound', ${partner})`.execute(tx);
  return true;
}
