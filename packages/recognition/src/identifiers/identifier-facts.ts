import type { IdentifierFact } from '../membership-types.ts';
import type { Network, Presentation, ProgrammeTerms } from '../network-types.ts';
import { ALWAYS, type Instant } from '../time.ts';
import { normaliseIdentifier } from './normalise.ts';
import { compilePattern } from './pattern.ts';
import { presentedCodes } from './presented-codes.ts';

/** An identifier as written in a record. Without a period it holds always. */
export interface RecordedIdentifier {
  readonly scheme: string;
  readonly value: string;
  readonly validFrom: Instant | null;
  readonly validTo: Instant | null;
}

/**
 * Everything a member can be asked for by: its number under each scheme of its programme that the number fits, its identifiers, and
 * the codes that the presentations of its programme make of them.
 */
export function identifierFacts(
  programme: ProgrammeTerms,
  number: string,
  identifiers: readonly RecordedIdentifier[],
  presentations: readonly Presentation[],
): readonly IdentifierFact[] {
  const normalised = normaliseIdentifier(number);
  const schemes = programme.numberPatterns
    .filter((pattern) => compilePattern(pattern.regex)?.matches(normalised))
    .map((pattern) => pattern.scheme);
  const numbers = (schemes.length > 0 ? schemes : [null]).map(
    (scheme): IdentifierFact => ({
      origin: 'number',
      scheme,
      value: number,
      normalised,
      recogniser: null,
      valid: ALWAYS,
    }),
  );
  const given = identifiers.map(
    ({ scheme, value, validFrom, validTo }): IdentifierFact => ({
      origin: 'given',
      scheme,
      value,
      normalised: normaliseIdentifier(value),
      recogniser: null,
      valid: { from: validFrom, to: validTo },
    }),
  );
  const facts = [...numbers, ...given];
  const presented = facts.flatMap((fact) =>
    presentedCodes([fact], presentations)
      .filter(({ code }) => code.length <= 64)
      .map(
        ({ code, recogniser }): IdentifierFact => ({
          ...fact,
          origin: 'presented',
          scheme: null,
          value: code,
          normalised: code,
          recogniser,
        }),
      ),
  );
  return unique([...facts, ...presented]);
}

export function presentationsOf(network: Network, programme: string): readonly Presentation[] {
  return [...network.presentations.values()].filter((presentation) => presentation.programme === programme);
}

/** One fact for each place that the table has; where a number and an identifier give the same code, the first holds. */
function unique(facts: readonly IdentifierFact[]): readonly IdentifierFact[] {
  const seen = new Map<string, IdentifierFact>();
  for (const fact of facts) {
    const key = JSON.stringify([fact.origin, fact.scheme, fact.normalised, fact.recogniser, fact.valid]);
    if (!seen.has(key)) seen.set(key, fact);
  }
  return [...seen.values()];
}
