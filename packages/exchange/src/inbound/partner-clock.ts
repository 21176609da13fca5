import type { VerifiedSet } from '@mra/exchange-protocol';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import { reportSeldom } from '../reports.ts';

/** Clocks that are kept by NTP differ by less. */
const TOLERATED_SECONDS = 60;
const TOLD_EVERY_MINUTES = 60;

/**
 * Tells operations, once an hour, when events are dated more than a minute later than now: one of the two clocks is wrong. Nothing else
 * comes of it, since no decision rests on `iat`.
 */
export async function watchClock(
  { db, log, now }: Exchange,
  { code }: Partner,
  sets: readonly Pick<VerifiedSet, 'iat'>[],
): Promise<void> {
  const latest = sets.reduce((last, { iat }) => Math.max(last, Date.parse(iat)), 0);
  const aheadSeconds = Math.floor((latest - Date.parse(now())) / 1000);
  if (aheadSeconds <= TOLERATED_SECONDS) return;
  const detail = { err: 'clock_ahead', aheadSeconds };
  const isTold = await inExchange(db, (tx) =>
    reportSeldom(tx, code, 'clock_ahead', detail, { minutes: TOLD_EVERY_MINUTES }),
  );
  if (isTold) log.warn({ partner: code, aheadSeconds }, 'the clock of the partner is ahead of ours');
}
