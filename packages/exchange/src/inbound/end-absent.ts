import type { Recording } from '@mra/registry';
import { sql } from 'kysely';
import { type AbsentMember, type Comparison, distrust } from './snapshot-changes.ts';
import { newTally, type Tallied } from './snapshot-tally.ts';
import { endCommunication } from './write-copies.ts';

/** Ends the communication of members whom a snapshot does not name, from its moment on; those with a later word keep what they have. */
export async function endAbsent(
  recording: Recording,
  order: Comparison,
  absent: readonly AbsentMember[],
): Promise<Tallied> {
  const { tx } = recording;
  const { partner, manifest } = order;
  const { seq, asOf } = manifest;
  const tally = newTally();
  await distrust(
    tx,
    order,
    absent.map(({ id }) => id),
  );
  const [known, empty] = [absent.filter(({ isKnown }) => isKnown), absent.filter(({ isKnown }) => !isKnown)];
  const results = await endCommunication(
    recording,
    partner,
    known.map(({ programme, number }) => ({ programme, number, seq, from: asOf })),
  );
  for (const [index, { outcome }] of results.entries()) {
    if (outcome !== 'outdated') tally.ended(known[index] as AbsentMember);
  }
  // Somebody removed the record of the member by hand: nobody can find it any more, and there is nothing to be written of it.
  await sql`
    update copy set record = null, hash = null, communicated = null, seq = ${seq}
     where membership_id = any (${empty.map(({ id }) => id)}) and (seq <= ${seq} or partner <> ${partner.code})`.execute(
    tx,
  );
  for (const member of empty) tally.ended(member);
  return tally.result();
}
