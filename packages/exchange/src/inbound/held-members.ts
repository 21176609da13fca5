import type { Instant, Period } from '@mra/recognition';
import { type DB, type Planned, parsePeriod } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import type { ConsentRow } from './copy-consents.ts';

/** A member as members are found: its number normalised. */
export interface MemberName {
  readonly programme: string;
  readonly normalised: string;
}

/** What is held of a member before a partner's word about it is applied. */
export interface HeldMember extends MemberName {
  readonly id: number;
  readonly administration: string;
  /** null: this deployment is authoritative. */
  readonly source: string | null;
  readonly version: number;
  readonly consents: readonly ConsentRow[];
  /** What a partner told last; null for a member that came by a list. */
  readonly copy: HeldCopy | null;
  readonly inDoubt: boolean;
}

export interface HeldCopy {
  readonly partner: string;
  readonly seq: number;
  /** null, as the three below it: it is no longer communicated. */
  readonly hash: string | null;
  readonly number: string | null;
  readonly communicated: Period | null;
  /** At its issuer, of the record. */
  readonly version: number | null;
  /** Whether the rows are still those that the partner's word became; true where that was not asked. */
  readonly isIntact: boolean;
}

interface Row {
  programme: string;
  normalised: string;
  id: number;
  administration: string;
  source: string | null;
  version: number | null;
  consents: { scope: string; partners: string[]; except_for: string[]; valid: string }[] | null;
  partner: string | null;
  seq: number | null;
  hash: string | null;
  number: string | null;
  communicated: string | null;
  told_version: number | null;
  fingerprint: string | null;
  in_doubt: boolean;
}

export const nameKey = ({ programme, normalised }: MemberName): string => `${programme}/${normalised}`;

/**
 * The members that are held, by {@link nameKey}, in one query (db/migrations/0055). Needs a transaction of the exchange.
 * @param compare whether the rows are compared with what a partner's word became
 */
export async function readHeldMembers(
  tx: Transaction<DB>,
  names: readonly MemberName[],
  { compare }: { readonly compare: boolean },
): Promise<Map<string, HeldMember>> {
  const { rows } = await sql<Row>`
    select * from held_members(${names.map(({ programme }) => programme)}::text[],
                               ${names.map(({ normalised }) => normalised)}::text[])`.execute(tx);
  const present = compare ? await readFingerprints(tx, rows) : null;
  return new Map(
    rows.map((row) => [nameKey(row), toHeld(row, present === null || present.get(row.id) === row.fingerprint)]),
  );
}

async function readFingerprints(tx: Transaction<DB>, members: readonly Row[]): Promise<ReadonlyMap<number, string>> {
  const ids = members.flatMap(({ id, partner }) => (partner === null ? [] : [id]));
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ membership_id: number; fingerprint: string }>`
    select * from fingerprints_of(${ids})`.execute(tx);
  return new Map(rows.map(({ membership_id, fingerprint }) => [membership_id, fingerprint]));
}

function toHeld(row: Row, isIntact: boolean): HeldMember {
  const { id, programme, normalised, administration, source, partner, seq } = row;
  return {
    id,
    programme,
    normalised,
    administration,
    source,
    version: row.version ?? 0,
    consents: (row.consents ?? []).map((consent) => ({ ...consent, valid: parsePeriod(consent.valid) })),
    copy:
      partner === null || seq === null
        ? null
        : {
            partner,
            seq,
            hash: row.hash,
            number: row.number,
            communicated: row.communicated === null ? null : parsePeriod(row.communicated),
            version: row.told_version,
            isIntact,
          },
    inDoubt: row.in_doubt,
  };
}

/** What stands in the tables about members, as `store` takes it: for those of whom nothing but the consent is to change. */
export type StoredParts = Pick<Planned, 'record' | 'statuses' | 'identifiers'>;

/** The rows known now of these members, by id. */
export async function readStoredParts(tx: Transaction<DB>, ids: readonly number[]): Promise<Map<number, StoredParts>> {
  const { rows } = await sql<{
    id: number;
    valid: string;
    record: Omit<Planned['record'], 'validFrom' | 'validTo' | 'validatedOn' | 'issuingCountry' | 'issuingOffice'>;
    validated_on: string | null;
    issuing_country: string | null;
    issuing_office: string | null;
    statuses: Planned['statuses'] | null;
    identifiers: Planned['identifiers'] | null;
  }>`
    select r.membership_id as id, r.valid::text as valid, r.validated_on, r.issuing_country, r.issuing_office,
           jsonb_build_object('type', r.type, 'names', r.names, 'addresses', r.addresses, 'identifiers', r.identifiers,
                              'roles', r.roles, 'consent', r.consent) as record,
           (select jsonb_agg(jsonb_build_object('type', s.type, 'component', s.component, 'status', s.status, 'valid', s.valid::text))
              from membership_status s where s.membership_id = r.membership_id and upper_inf(s.known)) as statuses,
           (select jsonb_agg(jsonb_build_object('origin', i.origin, 'scheme', i.scheme, 'value', i.value, 'normalised', i.normalised,
                                                'recogniser', i.recogniser, 'valid', i.valid::text))
              from membership_identifier i where i.membership_id = r.membership_id and upper_inf(i.known)) as identifiers
      from membership_record r
     where r.membership_id = any (${[...ids]}) and upper_inf(r.known)`.execute(tx);
  return new Map(
    rows.map(({ id, valid, record, validated_on, issuing_country, issuing_office, statuses, identifiers }) => {
      const { from, to } = parsePeriod(valid);
      const parts: StoredParts = {
        record: {
          ...record,
          validFrom: from as Instant,
          validTo: to,
          validatedOn: validated_on,
          issuingCountry: issuing_country,
          issuingOffice: issuing_office,
        },
        statuses: statuses ?? [],
        identifiers: identifiers ?? [],
      };
      return [id, parts];
    }),
  );
}
