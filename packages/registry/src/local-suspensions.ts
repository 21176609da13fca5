import type { Instant } from '@mra/recognition';
import { sql } from 'kysely';
import { rangeText } from './period.ts';
import { appendChange, type Recording } from './recording.ts';
import { supersede } from './temporal.ts';

/** How often an administration has written about its local suspension of a member: the version of what it wrote. */
export async function countLocalSuspensions(
  { tx }: Recording,
  { programme, number }: { readonly programme: string; readonly number: string },
  recogniser: string,
): Promise<number> {
  const { count } = await tx
    .selectFrom('change_log')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('subject', '=', 'local_suspension')
    .where('subject_id', '=', `${programme}/${number}`)
    .where('administration', '=', recogniser)
    .executeTakeFirstOrThrow();
  return count;
}

/**
 * Suspends the benefits given to a member for a period. What was recorded outside it stays: recording a suspension never gives benefits
 * back, only ending it does.
 */
export async function putLocalSuspension(
  recording: Recording,
  member: { readonly id: number; readonly programme: string; readonly number: string },
  suspension: {
    readonly recogniser: string;
    readonly from: Instant;
    readonly to: Instant | null;
    readonly note: string | null;
  },
): Promise<void> {
  const { recogniser, from, to, note } = suspension;
  const replaced = { recogniser, membership_id: member.id, valid: rangeText({ from, to }) };
  await supersede(
    recording,
    'local_suspension',
    [replaced],
    [
      {
        recogniser,
        membership_id: member.id,
        note,
        valid: rangeText({ from, to }),
        recorded_by: recording.actor.client,
      },
    ],
  );
  await append(recording, member, { ...suspension, ended: false });
}

/** Ends the local suspensions of a member from an instant on. @returns whether there was any. */
export async function endLocalSuspension(
  recording: Recording,
  member: { readonly id: number; readonly programme: string; readonly number: string },
  { recogniser, from }: { readonly recogniser: string; readonly from: Instant },
): Promise<boolean> {
  const found = await recording.tx
    .selectFrom('local_suspension')
    .select('membership_id')
    .where('recogniser', '=', recogniser)
    .where('membership_id', '=', member.id)
    .where(sql<boolean>`upper_inf(known) and valid && tstzrange(${from}, null)`)
    .execute();
  if (found.length === 0) return false;
  const replaced = { recogniser, membership_id: member.id, valid: rangeText({ from, to: null }) };
  await supersede(recording, 'local_suspension', [replaced], []);
  await append(recording, member, { recogniser, from, to: null, note: null, ended: true });
  return true;
}

async function append(
  recording: Recording,
  { programme, number }: { readonly programme: string; readonly number: string },
  content: { readonly recogniser: string } & Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendChange(recording, {
    administration: content.recogniser,
    subject: 'local_suspension',
    id: `${programme}/${number}`,
    payload: { programme, number, ...content },
  });
}
