import type { Instant } from '@mra/recognition';
import { appendChange, type Recording } from './recording.ts';

/**
 * Records that the copy of a partner's members was current at an instant, and how old it may grow from there.
 * @param maxAgeSeconds 1.5 times the partner's cadence (exchange.md section 3)
 */
export async function recordSynchronisation(
  recording: Recording,
  synchronisation: {
    readonly administration: string;
    /** The list that was heard; null: all programmes of the administration. */
    readonly programme: string | null;
    readonly synchronisedAt: Instant;
    readonly maxAgeSeconds: number;
  },
): Promise<void> {
  const { administration, programme, synchronisedAt, maxAgeSeconds } = synchronisation;
  await recording.tx
    .insertInto('synchronisation')
    .values({
      administration,
      programme,
      synchronised_at: synchronisedAt,
      recorded_at: recording.recordedAt,
      max_age_seconds: maxAgeSeconds,
    })
    .execute();
  await appendChange(recording, {
    administration,
    subject: 'synchronisation',
    id: administration,
    payload: synchronisation,
  });
}
