import type { IdentifierFact } from '@mra/recognition';

/**
 * One fact for each identifier and unbroken time. A record may say the same more than once, for times that overlap: an identifier
 * written twice, or two identifiers of which a presentation makes one code. It then holds whenever one of them does; the table takes
 * only one fact at a time (membership_identifier_no_overlap).
 */
export function joinPeriods(facts: readonly IdentifierFact[]): readonly IdentifierFact[] {
  const groups = Map.groupBy(facts, ({ origin, scheme, normalised, recogniser }) =>
    JSON.stringify([origin, scheme, normalised, recogniser]),
  );
  return [...groups.values()].flatMap((group) =>
    group.toSorted((a, b) => compare(a.valid.from ?? '', b.valid.from ?? '')).reduce<IdentifierFact[]>(join, []),
  );
}

/** Appends a fact that begins no earlier than the last one, or lengthens the last one by it. */
function join(joined: IdentifierFact[], fact: IdentifierFact): IdentifierFact[] {
  const last = joined.at(-1);
  const { from, to } = fact.valid;
  if (last === undefined || (last.valid.to !== null && from !== null && last.valid.to < from)) return [...joined, fact];
  const end = last.valid.to === null || to === null ? null : to > last.valid.to ? to : last.valid.to;
  return [...joined.slice(0, -1), { ...last, valid: { from: last.valid.from, to: end } }];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
