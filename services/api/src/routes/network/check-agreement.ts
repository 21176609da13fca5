import type { AgreementBody, FieldError, RuleBody } from '@mra/contracts';
import type { Instant, Network, ProgrammeTerms } from '@mra/recognition';

/**
 * What is wrong with an agreement's terms in view of the network; the schema has been checked before. Rules are judged by every terms
 * that their programme has from the agreement's date of effect on: one that only a later type makes useful is no mistake.
 * @param from when the terms begin to hold; null: always
 */
export function checkAgreement(network: Network, id: string, body: AgreementBody, from: Instant | null): FieldError[] {
  const { parties, rules = [] } = body;
  return [
    ...parties.flatMap((party, index) =>
      network.administrations.has(party)
        ? []
        : [{ pointer: `/parties/${index}`, detail: 'is not a known administration' }],
    ),
    ...rules.flatMap((rule, index) =>
      rule.pilotMembers == null || body.lifeCycle === 'pilot'
        ? []
        : [{ pointer: `/rules/${index}/pilotMembers`, detail: 'is only for an agreement whose lifeCycle is pilot' }],
    ),
    ...rules.flatMap((rule, index) =>
      checkRule(network, id, parties, rule, from).map(({ pointer, detail }) => ({
        pointer: `/rules/${index}${pointer}`,
        detail,
      })),
    ),
  ];
}

function checkRule(
  network: Network,
  agreement: string,
  parties: readonly string[],
  rule: RuleBody,
  from: Instant | null,
): FieldError[] {
  const { id, programme, recogniser, types, presentation } = rule;
  const errors: FieldError[] = [];
  const refuse = (pointer: string, detail: string) => errors.push({ pointer, detail });
  const expected = `${agreement}:${programme}>${recogniser}`;
  if (id !== expected) refuse('/id', `must be ${expected}`);

  const terms = (network.programmes.get(programme) ?? []).filter((known) => holdsAfter(known, from));
  if (terms.length === 0) refuse('/programme', 'is not a known programme');
  else if (terms.some(({ administration }) => administration === recogniser)) {
    refuse('/recogniser', `must not be ${recogniser}, whose own programme it is`);
  } else if (!terms.some(({ administration }) => parties.includes(administration))) {
    refuse('/programme', `must be of one of the parties, not of ${terms[0]?.administration}`);
  }
  const codes = new Set(terms.flatMap((known) => known.types.map(({ code }) => code)));
  for (const [index, type] of (terms.length === 0 ? [] : (types ?? [])).entries()) {
    if (!codes.has(type)) refuse(`/types/${index}`, `is not a type of ${programme}: ${[...codes].join(', ')}`);
  }
  if (presentation != null && !network.presentations.has(presentation)) {
    refuse('/presentation', 'is not a known presentation');
  } else if (presentation != null && presentation !== `${programme}>${recogniser}`) {
    refuse('/presentation', `must be ${programme}>${recogniser}`);
  }
  return errors;
}

function holdsAfter({ valid }: ProgrammeTerms, from: Instant | null): boolean {
  return valid.to === null || from === null || from < valid.to;
}
