import { type Instant, overlaps, type Period } from '@mra/recognition';
import { type DB, parsePeriod } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import { type MemberName, nameKey } from './held-members.ts';

export interface Claim {
  readonly scheme: string;
  readonly normalised: string;
  readonly valid: Period;
}

/** Which members of a programme have an identifier, kept in step while the changes of a set are gone through one by one. */
export interface Holders {
  /**
   * The place of the first of these that another member has at the same time, or -1. What the member has already is not judged again:
   * lists may have given it to both, and neither could be suspended any more.
   */
  findTaken(member: MemberName, claims: readonly Claim[]): number;
  /** From here on the member has these and no others. */
  replace(member: MemberName, claims: readonly Claim[]): void;
}

/**
 * The live members of the programmes who have any of the identifiers, in one query (db/migrations/0012): active or suspended, now or
 * later, and communicated. An identifier that is another's authorisation number counts as well. Needs a transaction of the exchange.
 */
export async function readHolders(
  tx: Transaction<DB>,
  claims: readonly (Claim & { readonly programme: string })[],
  now: Instant,
): Promise<Holders> {
  const held = new Map<string, Map<string, Period[]>>();
  const keysOf = new Map<string, Set<string>>();
  const add = (key: string, member: string, valid: Period): void => {
    const members = held.get(key) ?? new Map<string, Period[]>();
    members.set(member, [...(members.get(member) ?? []), valid]);
    held.set(key, members);
    keysOf.set(member, (keysOf.get(member) ?? new Set()).add(key));
  };
  for (const row of await query(tx, claims, now))
    add(claimKey(row), nameKey({ ...row, normalised: row.holder }), parsePeriod(row.valid));

  return {
    findTaken(member, wanted) {
      const own = nameKey(member);
      return wanted.findIndex((claim) => {
        const holders = held.get(claimKey({ ...claim, programme: member.programme }));
        if (holders === undefined || holders.has(own)) return false;
        return [...holders.values()].some((periods) => periods.some((period) => overlaps(period, claim.valid)));
      });
    },
    replace(member, wanted) {
      const own = nameKey(member);
      for (const key of keysOf.get(own) ?? []) held.get(key)?.delete(own);
      keysOf.delete(own);
      for (const claim of wanted) add(claimKey({ ...claim, programme: member.programme }), own, claim.valid);
    },
  };
}

const claimKey = ({
  programme,
  scheme,
  normalised,
}: {
  programme: string;
  scheme: string;
  normalised: string;
}): string => `${programme}\n${scheme}\n${normalised}`;

interface Row {
  programme: string;
  scheme: string;
  normalised: string;
  holder: string;
  valid: string;
}

async function query(
  tx: Transaction<DB>,
  claims: readonly (Claim & { readonly programme: string })[],
  now: Instant,
): Promise<readonly Row[]> {
  if (claims.length === 0) return [];
  const { rows } = await sql<Row>`
    select * from identifier_holders(${claims.map(({ programme }) => programme)}::text[], ${claims.map(({ scheme }) => scheme)}::text[],
                                     ${claims.map(({ normalised }) => normalised)}::text[], ${now})`.execute(tx);
  return rows;
}
