import type { Network, ProgrammeTerms } from '@mra/recognition';
import { sql } from 'kysely';
import type { ImportOrder } from './imports.ts';
import { CONSENTS, type FactTable, IDENTIFIERS, STATUSES } from './membership-columns.ts';
import type { MembershipRecord } from './membership-record.ts';
import { judge } from './membership-write.ts';
import { first, type Recording } from './recording.ts';

/** New members written by one statement. The first ones are few: statistics are due after them. */
const CHUNK = { first: 500, others: 2_000 };

/**
 * What is to be known of a listed member if nothing is known of it yet, as the text that db/migrations/0061 reads.
 * @param programme the terms that the record is judged by
 * @param owner the administration in whose name the list is loaded
 * @returns null where only a judgement within the recording can tell
 */
export function factsIfNew(
  network: Network,
  {
    programme,
    number,
    record,
    owner,
  }: {
    readonly programme: ProgrammeTerms;
    readonly number: string;
    readonly record: MembershipRecord;
    readonly owner: string;
  },
): string | null {
  // Of one whose programme belonged to another administration when it began, that one is the owner.
  if (programme.administration !== owner) return null;
  const judged = judge(network, { programme, number, record, events: [], source: null }, undefined);
  if (!('plan' in judged)) return null;
  const { statuses, consents, identifiers } = judged.plan;
  return JSON.stringify([columns(STATUSES, statuses), columns(CONSENTS, consents), columns(IDENTIFIERS, identifiers)]);
}

/** Rows as lists of what their columns are sent as, without the id. */
function columns<Row extends { readonly id: number }>(
  { columns }: FactTable<Row>,
  rows: readonly Omit<Row, 'id'>[],
): (string | number | null)[][] {
  const [, ...others] = columns;
  return rows.map((row) => others.map(({ of }) => of({ ...row, id: 0 } as Row)));
}

/**
 * Writes those members of a staged list of whom nothing is known yet, in sets and from where they are staged; what is known of the others
 * is not touched. To be called before these are judged.
 * @param done told after each set how many it had
 * @returns how many there were
 */
export async function writeNewMembers(
  { tx, recordedAt, actor }: Recording,
  { programme, administration, source }: Pick<ImportOrder, 'programme' | 'administration' | 'source'>,
  done: (members: number) => Promise<void>,
): Promise<number> {
  let total = 0;
  let after = 0;
  for (let most = CHUNK.first; ; most = CHUNK.others) {
    const { rows } = await sql<{ written: number; last_line: number | null }>`
      select written, last_line
        from write_listed_members(${programme}, ${administration}, ${source}, ${recordedAt}, ${actor.client}, ${after}, ${most})`.execute(
      tx,
    );
    const { written, last_line } = first(rows);
    total += written;
    if (written > 0) await done(written);
    if (written < most || last_line === null) return total;
    after = last_line;
  }
}
