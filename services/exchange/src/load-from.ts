import { countHeld, type Exchange, inExchange, loadSnapshot, type Partner, readPartner } from '@mra/exchange';
import { sql } from 'kysely';

/** A snapshot that was refused is not fetched again at once: what is wrong with it is seldom put right within minutes. */
const AFTER_REFUSAL_MINUTES = 15;

/** Loads a partner's snapshot. One that is refused is reported and tried again later; operations may ask for it earlier. */
export async function loadFrom(exchange: Exchange, code: string, signal: AbortSignal): Promise<void> {
  const { db, log } = exchange;
  const partner = await inExchange(db, (tx) => readPartner(tx, code));
  // Perhaps it was loaded just before the worker that did so ended.
  if (partner === null || !(await needsSnapshot(exchange, code))) return;
  const loaded = await loadSnapshot(exchange, partner, { signal });
  if (loaded.outcome === 'applied') {
    await inExchange(db, (tx) =>
      sql`update inbound_stream set snapshot_after = null where partner = ${code}`.execute(tx),
    );
    return;
  }
  const isEmpty = loaded.reasons.every((reason) => reason.code === 'EMPTY');
  const began = isEmpty && (await beginWithNobody(exchange, partner));
  if (began) {
    log.info({ partner: code }, 'the partner has no members yet: its stream is followed from the first event');
    return;
  }
  await inExchange(db, (tx) =>
    sql`update inbound_stream set snapshot_after = clock_timestamp() + make_interval(mins => ${AFTER_REFUSAL_MINUTES})
         where partner = ${code}`.execute(tx),
  );
}

/**
 * A partner without members of whom nobody is held here, from a list neither (`countHeld`): its stream says everything from the first event
 * on.
 */
async function beginWithNobody({ db }: Exchange, partner: Partner): Promise<boolean> {
  return inExchange(db, async (tx) => {
    const { held } = await countHeld(tx, partner, null);
    if (held > 0) return false;
    const { rows } = await sql`
      update inbound_stream set needs_snapshot = false, snapshot_reason = null
       where partner = ${partner.code} and last_applied = 0
      returning partner`.execute(tx);
    return rows.length > 0;
  });
}

async function needsSnapshot({ db }: Exchange, code: string): Promise<boolean> {
  const { rows } = await inExchange(db, (tx) =>
    sql<{ needs: boolean }>`select needs_snapshot as needs from inbound_stream where partner = ${code}`.execute(tx),
  );
  return rows[0]?.needs ?? false;
}
