import {
  type AgreementTerms,
  type AuthorisationType,
  type ConsentRegime,
  type IdentifierScheme,
  indexNetwork,
  type LifeCycle,
  type Network,
  type NumberPattern,
  type PartyStart,
  type Presentation,
  type Strategy,
  type Template,
} from '@mra/recognition';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';
import { parsePeriod } from './period.ts';
import { toRule } from './rule-rows.ts';

export type Executor = Kysely<DB> | Transaction<DB>;

/** The network as it was known when its version was recorded. A version never changes, so it may be kept. */
export async function loadNetwork(db: Executor, version: number): Promise<Network> {
  const moment = await db
    .selectFrom('network_version')
    .select('recorded_at')
    .where('version', '=', version)
    .executeTakeFirst();
  // A replica that has just come back from a crash may have lost it for a moment: that is no network without agreements.
  if (moment === undefined && version > 0) throw new Error(`version ${version} of the network is not there`);
  if (moment === undefined)
    return indexNetwork({
      version,
      administrations: [],
      unionMembers: [],
      programmes: [],
      agreements: [],
      presentations: [],
      schemes: [],
    });
  const known = sql<boolean>`known @> ${moment.recorded_at}::timestamptz`;
  const [administrations, members, programmes, agreements, rules, presentations, schemes] = await Promise.all([
    db.selectFrom('administration').select(['code', 'kind']).where(known).execute(),
    db.selectFrom('union_member').select(['union_code', 'member', 'valid']).where(known).execute(),
    db
      .selectFrom('programme')
      .select(['id', 'administration', 'types', 'consent', 'number_patterns', 'valid'])
      .where(known)
      .execute(),
    db
      .selectFrom('agreement')
      .select([
        'id',
        'title',
        'citation',
        'life_cycle',
        'signed_on',
        'in_force_on',
        'party_effective',
        'reviewed_on',
        'valid',
      ])
      .where(known)
      .execute(),
    db.selectFrom('recognition_rule').selectAll().where(known).execute(),
    db.selectFrom('presentation').selectAll().where(known).execute(),
    db.selectFrom('identifier_scheme').selectAll().where(known).execute(),
  ]);
  const rulesOf = Map.groupBy(rules, (rule) => rule.agreement);
  return indexNetwork({
    version,
    administrations: administrations.map((row) => row.code),
    unions: administrations.filter(({ kind }) => kind === 'union').map(({ code }) => code),
    unionMembers: members.map((row) => ({ union: row.union_code, member: row.member, valid: parsePeriod(row.valid) })),
    programmes: programmes.map((row) => ({
      id: row.id,
      administration: row.administration,
      types: row.types as unknown as AuthorisationType[],
      consent: row.consent as ConsentRegime,
      numberPatterns: row.number_patterns as unknown as NumberPattern[],
      valid: parsePeriod(row.valid),
    })),
    agreements: agreements.map((row): AgreementTerms => {
      const valid = parsePeriod(row.valid);
      return {
        id: row.id,
        title: row.title,
        citation: row.citation,
        lifeCycle: row.life_cycle as LifeCycle,
        signedOn: row.signed_on,
        inForceOn: row.in_force_on,
        partyEffective: row.party_effective as unknown as PartyStart[],
        reviewedOn: row.reviewed_on,
        valid,
        // The rules of an agreement change with its terms, so those of these terms have their period.
        rules: (rulesOf.get(row.id) ?? []).filter((rule) => parsePeriod(rule.valid).from === valid.from).map(toRule),
      };
    }),
    presentations: presentations.map(
      (row): Presentation => ({
        id: row.id,
        programme: row.programme,
        recogniser: row.recogniser,
        strategy: row.strategy as Strategy,
        from: row.scheme,
        words: row.words,
        template: row.template as Template | null,
        where: row.where_declared,
        lossy: row.lossy,
      }),
    ),
    schemes: schemes.map(
      (row): IdentifierScheme => ({
        scheme: row.scheme,
        administration: row.administration,
        name: row.name,
        kind: row.kind,
        regex: row.regex,
        checkDigit: row.check_digit,
      }),
    ),
  });
}

/** The version that is known now. */
export async function currentNetworkVersion(db: Executor): Promise<number> {
  return (await db.selectFrom('log_head').select('network_version').executeTakeFirstOrThrow()).network_version;
}

export interface NetworkCache {
  /** The network of a version, loaded once. */
  get(version: number): Promise<Network>;
  /** The network that is known now; asks the database for its version. */
  current(db?: Executor): Promise<Network>;
}

/** Keeps the last few versions of the network in memory: a version is immutable, so nothing in it can be stale. */
export function createNetworkCache(db: Executor, { size = 8 }: { readonly size?: number } = {}): NetworkCache {
  const loaded = new Map<number, Promise<Network>>();
  const complete = new WeakSet<Promise<Network>>();
  /** The version that was asked for last: it need not be moved to the end, as each question would. */
  let latest: number | undefined;
  const get = (version: number, executor: Executor = db): Promise<Network> => {
    const kept = loaded.get(version);
    if (kept !== undefined) {
      if (version !== latest) {
        loaded.delete(version);
        loaded.set(version, kept);
        latest = version;
      }
      return kept;
    }
    latest = version;
    const loading = loadNetwork(executor, version);
    loading.then(
      () => complete.add(loading),
      () => loaded.delete(version),
    );
    loaded.set(version, loading);
    const oldest = loaded.keys().next();
    if (loaded.size > size && !oldest.done) loaded.delete(oldest.value);
    return loading;
  };
  return {
    get: (version) => get(version),
    // Within a transaction the network may be newer than what others can see, and one that is still being loaded may wait for a
    // connection that this very transaction keeps from others: loading is then left to that transaction.
    current: async (executor = db) => {
      const version = await currentNetworkVersion(executor);
      const kept = loaded.get(version);
      if (executor === db) return get(version);
      return kept !== undefined && complete.has(kept) ? kept : loadNetwork(executor, version);
    },
  };
}
