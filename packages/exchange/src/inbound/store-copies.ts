import type { CanonicalRecord } from '@mra/exchange-protocol';
import { ALWAYS, type Period, type ProgrammeTerms } from '@mra/recognition';
import { type Planned, type Recording, rangeText, store } from '@mra/registry';
import { sql } from 'kysely';
import type { Partner } from '../partners.ts';
import type { ConsentRow } from './copy-consents.ts';
import { type HeldMember, type MemberName, nameKey, readStoredParts, type StoredParts } from './held-members.ts';

/** What a member is to be after a set of changes. */
export interface Final {
  /** null: not held yet. */
  readonly held: HeldMember | null;
  readonly name: MemberName;
  readonly administration: string;
  /** As the partner writes it. */
  readonly number: string;
  readonly seq: number;
  /** null: as it was told last. */
  readonly agreement: string | null;
  /** null: it is not communicated any more. */
  readonly said: { readonly record: CanonicalRecord; readonly hash: string; readonly communicated: Period } | null;
  /** `stored`: as in the tables, with other consents; null, with the consents: nothing is to be written. */
  readonly parts: StoredParts | 'stored' | null;
  readonly consents: readonly ConsentRow[] | null;
}

type Numbered = Final & { readonly id: number };
type Changed = Numbered &
  Pick<{ parts: StoredParts | 'stored'; consents: readonly ConsentRow[] }, 'parts' | 'consents'>;

/**
 * Stores members as copies and notes what was said of each, with a fingerprint of the rows that it became. The log gets the periods
 * too, since no event tells them: it is enough to rebuild every fact.
 */
export async function storeCopies(recording: Recording, partner: Partner, finals: readonly Final[]): Promise<void> {
  if (finals.length === 0) return;
  const ids = await idsOf(recording, finals);
  const numbered = finals.map((final): Numbered => ({ ...final, id: ids.get(nameKey(final.name)) ?? 0 }));
  const changed = numbered.filter((final): final is Changed => final.parts !== null && final.consents !== null);
  const stored = await readStoredParts(
    recording.tx,
    changed.flatMap(({ id, parts }) => (parts === 'stored' ? [id] : [])),
  );
  const planned = changed.map((final) => toPlanned(final, stored.get(final.id)));
  if (planned.length > 0) await store(recording, planned);
  await noteSaid(recording, partner, changed);
  const same = numbered.filter(({ parts }) => parts === null);
  await noteRepeated(
    recording,
    partner,
    same.filter(({ held }) => held !== null),
  );
  await noteGone(
    recording,
    partner,
    same.filter(({ held }) => held === null),
  );
}

function toPlanned(final: Changed, stored: StoredParts | undefined): Planned {
  const { id, held, name, administration, number, consents } = final;
  const parts = final.parts === 'stored' ? stored : final.parts;
  if (parts === undefined) throw new Error('a member without a record');
  const { record, statuses, identifiers } = parts;
  const rows = consents.map((consent) => ({ ...consent, valid: rangeText(consent.valid) }));
  const told = { ...record, statuses, consents: rows };
  return {
    write: {
      programme: namedProgramme(name.programme, administration),
      number: final.parts === 'stored' ? (held?.copy?.number ?? number) : number,
      record: told,
      events: [],
      source: administration,
    },
    id,
    version: (held?.version ?? 0) + 1,
    record,
    statuses,
    consents: rows,
    identifiers,
    isNew: held === null,
  };
}

/** All that storing needs of the terms of a programme. */
const namedProgramme = (id: string, administration: string): ProgrammeTerms => ({
  id,
  administration,
  types: [],
  consent: 'unknown',
  numberPatterns: [],
  valid: ALWAYS,
});

async function idsOf({ tx }: Recording, finals: readonly Final[]): Promise<ReadonlyMap<string, number>> {
  const ids = new Map(finals.flatMap(({ held }) => (held === null ? [] : [[nameKey(held), held.id] as const])));
  const created = finals.filter(({ held }) => held === null);
  if (created.length === 0) return ids;
  const { rows } = await sql<{ id: number; programme: string; number_normalised: string }>`
    insert into membership (administration, programme, number, number_normalised, source)
    select w.administration, w.programme, w.number, w.normalised, w.administration
      from unnest(${created.map(({ administration }) => administration)}::text[],
                  ${created.map(({ name }) => name.programme)}::text[], ${created.map(({ number }) => number)}::text[],
                  ${created.map(({ name }) => name.normalised)}::text[]) as w (administration, programme, number, normalised)
    returning id, programme, number_normalised`.execute(tx);
  for (const { id, programme, number_normalised: normalised } of rows) ids.set(nameKey({ programme, normalised }), id);
  return ids;
}

async function noteSaid({ tx, recordedAt }: Recording, partner: Partner, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0) return;
  const ids = changed.map(({ id }) => id);
  // As lists of texts: one document of 5,000 records would be parsed as a whole, and each record then copied out of it.
  const column = (of: (final: Changed) => string | null) => changed.map(of);
  await sql`
    insert into copy (membership_id, partner, agreement, seq, record, hash, communicated, fingerprint, received_at)
    select w.id, ${partner.code}, coalesce(w.agreement, c.agreement, ''), w.seq, w.record::jsonb, w.hash, w.communicated::tstzrange,
           f.fingerprint, ${recordedAt}
      from unnest(${ids}::bigint[], ${column(({ agreement }) => agreement)}::text[], ${changed.map(({ seq }) => seq)}::bigint[],
                  ${column(({ said }) => (said === null ? null : JSON.stringify(said.record)))}::text[],
                  ${column(({ said }) => said?.hash ?? null)}::text[],
                  ${column(({ said }) => (said === null ? null : rangeText(said.communicated)))}::text[])
             as w (id, agreement, seq, record, hash, communicated)
      left join fingerprints_of(${ids}) f on f.membership_id = w.id
      left join copy c on c.membership_id = w.id
    on conflict (membership_id) do update
      set partner = excluded.partner, agreement = excluded.agreement, seq = excluded.seq, record = excluded.record, hash = excluded.hash,
          communicated = excluded.communicated, fingerprint = excluded.fingerprint, received_at = excluded.received_at`.execute(
    tx,
  );
}

/** Members of whom nothing is held but that they are not communicated. */
async function noteGone({ tx, recordedAt }: Recording, partner: Partner, gone: readonly Numbered[]): Promise<void> {
  if (gone.length === 0) return;
  await sql`
    insert into copy (membership_id, partner, agreement, seq, received_at)
    select w.id, ${partner.code}, coalesce(w.agreement, ''), w.seq, ${recordedAt}
      from unnest(${gone.map(({ id }) => id)}::bigint[], ${gone.map(({ seq }) => seq)}::bigint[],
                  ${gone.map(({ agreement }) => agreement)}::text[]) as w (id, seq, agreement)`.execute(tx);
}

async function noteRepeated({ tx, recordedAt }: Recording, partner: Partner, same: readonly Numbered[]): Promise<void> {
  if (same.length === 0) return;
  await sql`
    update copy c set partner = ${partner.code}, seq = w.seq, agreement = coalesce(w.agreement, c.agreement), received_at = ${recordedAt}
      from unnest(${same.map(({ id }) => id)}::bigint[], ${same.map(({ seq }) => seq)}::bigint[],
                  ${same.map(({ agreement }) => agreement)}::text[]) as w (id, seq, agreement)
     where c.membership_id = w.id`.execute(tx);
}
