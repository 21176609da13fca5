import type { Instant, Period } from '@mra/recognition';

/** A period of consent as the registry holds it; `partners` empty: nobody may know of the member. */
export interface ConsentRow {
  readonly scope: string;
  readonly partners: readonly string[];
  readonly except_for: readonly string[];
  readonly valid: Period;
}

/**
 * The consent of a copy: it covers the administration that the partner tells of the member, while the member is communicated, and
 * nobody at any other time. That is written down for all times, because where nothing is recorded a programme may assume consent.
 * @param covered periods, disjoint
 */
export function consentsOf(actsAs: string, covered: readonly Period[]): ConsentRow[] {
  const ordered = covered.toSorted((a, b) => compare(a.from ?? '', b.from ?? ''));
  const rows: ConsentRow[] = [];
  let end: Instant | null = null;
  for (const valid of ordered) {
    if (valid.from !== null && (rows.length === 0 || end !== valid.from))
      rows.push(nobody({ from: end, to: valid.from }));
    rows.push({ scope: 'none', partners: [actsAs], except_for: [], valid });
    end = valid.to;
    if (end === null) return rows;
  }
  return [...rows, nobody({ from: end, to: null })];
}

/**
 * The periods covered when a member is communicated, after those in which it was before and had ended.
 * @param now the present period; it alone holds from its start on
 * @param before what the copy has; `present`: the period of it that `now` replaces, null when the communication had ended
 */
export function coveredWith(
  now: Period,
  { consents, present }: { readonly consents: readonly ConsentRow[]; readonly present: Period | null },
): Period[] {
  const { from } = now;
  if (from === null) return [now];
  const past = consents.filter(({ partners, valid }) => partners.length > 0 && !isSamePeriod(valid, present));
  return [...past.flatMap(({ valid }) => before(valid, from)), now];
}

/** The consents of a member that is no longer communicated from an instant on; what held before stays. */
export function endedFrom(consents: readonly ConsentRow[], at: Instant): ConsentRow[] {
  const kept = consents.flatMap((row) => before(row.valid, at).map((valid) => ({ ...row, valid })));
  const last = kept.at(-1);
  if (last?.valid.to !== at || last.partners.length > 0 || last.scope !== 'none') {
    return [...kept, nobody({ from: at, to: null })];
  }
  return [...kept.slice(0, -1), { ...last, valid: { from: last.valid.from, to: null } }];
}

export const isSamePeriod = (a: Period, b: Period | null): boolean => b !== null && a.from === b.from && a.to === b.to;

function before(valid: Period, at: Instant): Period[] {
  if (valid.from !== null && valid.from >= at) return [];
  return [{ from: valid.from, to: valid.to === null || valid.to > at ? at : valid.to }];
}

const nobody = (valid: Period): ConsentRow => ({ scope: 'none', partners: [], except_for: [], valid });

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
