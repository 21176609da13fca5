import { maxAgeSeconds } from '@mra/exchange-protocol';
import { addSeconds, type Instant } from '@mra/recognition';
import { type Recording, recordSynchronisation } from '@mra/registry';
import { sql } from 'kysely';
import type { Partner } from '../partners.ts';

/** However often a partner is heard, this is noted once a minute, or ten times a cadence: each note is an entry of the log. */
const LONGEST_BETWEEN_SECONDS = 60;

/**
 * Notes that a partner was heard at an instant and that its copy is whole up to then: from there it ages anew (DATA_FRESH). For events
 * applied in their turn while no snapshot is needed, and for applied snapshots.
 * @param at of an event the instant of the recording; of a snapshot when it was asked for, which may be long before it is applied
 */
export async function recordHeard(
  recording: Recording,
  partner: Partner,
  at: Instant = recording.recordedAt,
): Promise<void> {
  const { tx } = recording;
  const { rows } = await sql<{
    administration: string;
    at: Instant;
    synchronised_at: Instant | null;
    max_age_seconds: number | null;
  }>`
    with heard as (
      -- A recording may have to be known later than it is made, behind a long list.
      select least(${at}::timestamptz, now_in_milliseconds()) as at
    ), noted as (
      update inbound_stream set heard_at = greatest(heard_at, heard.at) from heard where partner = ${partner.code})
    select w.administration, heard.at, y.synchronised_at, y.max_age_seconds
      from heard cross join unnest(${[...partner.administrations]}::text[]) as w (administration)
      left join lateral (
        select s.synchronised_at, s.max_age_seconds from synchronisation s
         where s.administration = w.administration and s.programme is null
         order by s.recorded_at desc limit 1) y on true`.execute(tx);
  const maxAge = maxAgeSeconds(partner.cadenceSeconds);
  const between = Math.min(partner.cadenceSeconds / 10, LONGEST_BETWEEN_SECONDS);
  for (const { administration, at: heard, synchronised_at: last, max_age_seconds: age } of rows) {
    const isRecent = last !== null && heard < addSeconds(last, between);
    const isStale = last !== null && age !== null && heard >= addSeconds(last, age);
    if (isRecent && !isStale && age === maxAge) continue;
    await recordSynchronisation(recording, {
      administration,
      programme: null,
      synchronisedAt: last !== null && last > heard ? last : heard,
      maxAgeSeconds: maxAge,
    });
  }
}
