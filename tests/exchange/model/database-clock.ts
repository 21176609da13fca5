import type { TestDatabase } from '../../support/database.ts';

/** What tells the time in PostgreSQL: the function, what it is called inside, how volatile it is. */
const CLOCKS = [
  ['clock_timestamp', 'clock_timestamp', 'volatile'],
  ['statement_timestamp', 'statement_timestamp', 'stable'],
  ['transaction_timestamp', 'now', 'stable'],
  ['now', 'now', 'stable'],
] as const;

/**
 * Lets the clock of one database be ahead of that of its server (negative: behind), which it shares with others. The functions themselves
 * are put in place of those of PostgreSQL, in the catalogue that the database has for itself: no statement in it sees the server's time,
 * unless by `current_timestamp`, which is none of them.
 */
export async function setClockAhead({ asOwner }: Pick<TestDatabase, 'asOwner'>, seconds: number): Promise<void> {
  for (const [name, inside, volatility] of CLOCKS) {
    await asOwner(
      `create function pg_catalog.server_${name}() returns timestamptz language internal ${volatility} parallel safe as '${inside}'`,
    );
    await asOwner(
      `create or replace function pg_catalog.${name}() returns timestamptz language sql ${volatility} parallel safe
       return pg_catalog.server_${name}() + make_interval(secs => ${seconds})`,
    );
  }
}
