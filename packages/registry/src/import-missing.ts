import type { Instant } from '@mra/recognition';
import { type RawBuilder, sql } from 'kysely';
import { communicationEnded, communicationEnds } from './import-communication.ts';
import type { ImportOrder } from './imports.ts';
import { inChunks } from './in-chunks.ts';
import { readMembersForWriting } from './membership-rows.ts';
import { type MembershipWrite, memberKey } from './membership-write.ts';
import { first, type Recording } from './recording.ts';

/** How many members a programme has, and how many of them a full list lacks. */
export interface Missing {
  readonly live: number;
  readonly missing: number;
}

type Order = Pick<ImportOrder, 'upload' | 'programme' | 'source'>;

/** Counts the live members of the list's programme that the upload of the transaction does not name. */
export async function countMissing(
  { tx, recordedAt }: Pick<Recording, 'tx' | 'recordedAt'>,
  order: Order,
): Promise<Missing> {
  const { rows } = await sql<Missing>`
    select count(*) as live, count(*) filter (where ${isMissing(order)}) as missing
      from (${liveMembers(order, recordedAt)}) m`.execute(tx);
  return first(rows);
}

/** The numbers of the members that {@link countMissing} counts as missing, in chunks. */
export function readMissing(
  { tx, recordedAt }: Recording,
  order: Order,
): AsyncGenerator<readonly { readonly number: string }[]> {
  return inChunks(
    tx,
    sql<{ number: string }>`
      select m.number from (${liveMembers(order, recordedAt)}) m where ${isMissing(order)} order by m.number_normalised`,
  );
}

/**
 * What ends members that are missing from a full list.
 * A copy: its communication, since nobody has said that the authorisation ended. A member of the own administration: the validity of
 * its record, at this instant; unlike a status event this claims no reason and is taken back by the next list that names the member.
 */
export async function endingWrites(
  { tx, recordedAt }: Recording,
  { source, termsAt }: Pick<ImportOrder, 'source' | 'termsAt'>,
  numbers: readonly string[],
): Promise<readonly MembershipWrite[]> {
  const programme = termsAt(recordedAt);
  const members = numbers.map((number) => ({ programme, number }));
  if (source !== null) {
    return members.map((member) => ({ ...member, record: null, events: [communicationEnds(recordedAt)], source }));
  }
  const rows = await readMembersForWriting(tx, members);
  return members.flatMap((member): MembershipWrite[] => {
    const present = rows.get(memberKey(member))?.record;
    if (present === undefined || present.validFrom >= recordedAt) return [];
    const terms = termsAt(present.validFrom);
    return [{ ...member, programme: terms, record: { ...present, validTo: recordedAt }, events: [], source }];
  });
}

/** Active or suspended: of copies also those who begin later and are still communicated. */
function liveMembers({ programme, source }: Order, now: Instant): RawBuilder<unknown> {
  const span = source === null ? sql`tstzrange(${now}, ${now}, '[]')` : sql`tstzrange(${now}, null)`;
  const ended = source === null ? sql`false` : communicationEnded(sql`m.id`);
  return sql`
    select m.number, m.number_normalised from membership m
     where m.programme = ${programme} and m.source is not distinct from ${source}
       and exists (select from membership_status s
                    where s.membership_id = m.id and upper_inf(s.known) and s.status in ('active', 'suspended') and s.valid && ${span})
       and not ${ended}`;
}

const isMissing = ({ upload }: Order): RawBuilder<boolean> => sql<boolean>`not exists (
  select from import_line l where l.upload_id = ${upload.id} and l.number_normalised = m.number_normalised)`;
