import {
  type AgreementTerms,
  ALWAYS,
  type Instant,
  type LifeCycle,
  type Network,
  type PartialDay,
} from '@mra/recognition';
import { type AgreementDocument, type Database, putAgreements, readAgreementTerms, record } from '@mra/registry';

/** New terms of an agreement: what is not named stays as it was. */
export interface AgreementChange {
  readonly agreement: string;
  /** From when the new terms hold; null: always. */
  readonly from: Instant | null;
  readonly lifeCycle?: LifeCycle;
  readonly inForceOn?: PartialDay;
  /** Of all its rules. */
  readonly pilotMembers?: readonly string[];
}

/** A network in which agreements changed, each once. */
export function changeNetwork(network: Network, changes: readonly AgreementChange[]): Network {
  const rules = [...network.rules].map(([key, entries]) => {
    const changed = entries.flatMap((entry) => {
      const change = changes.find(({ agreement }) => agreement === entry.agreement.id);
      return change === undefined ? [entry] : periodsOf(entry, change);
    });
    return [key, changed] as const;
  });
  return { ...network, version: network.version + changes.length, rules: new Map(rules) };
}

type Entry = NonNullable<ReturnType<Network['rules']['get']>>[number];

/** A rule under the terms up to the change, and under those from it on. */
function periodsOf({ agreement, rule }: Entry, change: AgreementChange): readonly Entry[] {
  const after = { ...withChange(agreement, change), valid: { from: change.from, to: null } };
  const changed = { agreement: after, rule: after.rules.find(({ id }) => id === rule.id) ?? rule };
  if (change.from === null) return [changed];
  return [{ agreement: { ...agreement, valid: { from: null, to: change.from } }, rule }, changed];
}

function withChange<T extends AgreementTerms | AgreementDocument>(terms: T, change: AgreementChange): T {
  const { lifeCycle = terms.lifeCycle, inForceOn = terms.inForceOn, pilotMembers } = change;
  const rules = terms.rules.map((rule) => (pilotMembers === undefined ? rule : { ...rule, pilotMembers }));
  return { ...terms, lifeCycle, inForceOn, rules };
}

/** Records a change, as the network's administrator would. @returns the terms up to then, for {@link putBack} */
export async function recordChange(db: Database, change: AgreementChange): Promise<AgreementDocument> {
  const terms = (await readAgreementTerms(db, change.agreement)).at(-1);
  if (terms === undefined) throw new Error(`no agreement ${change.agreement}`);
  await put(db, withChange(terms, change), change.from);
  return terms;
}

/** Gives an agreement these terms for all time. */
export const putBack = (db: Database, terms: AgreementDocument): Promise<void> => put(db, terms, ALWAYS.from);

const put = (db: Database, terms: AgreementDocument, from: Instant | null): Promise<void> =>
  record(db, { client: 'tests', administration: null }, (recording) => putAgreements(recording, [terms], from));
