import {
  type AgreementBody,
  type FieldError,
  type RuleBody,
  unknownAdministration,
  type WellFormed,
} from '@mra/contracts';
import type { Instant, Network, ProgrammeTerms } from '@mra/recognition';
import { instantOf } from '../../record-mapping.ts';

/**
 * What is wrong with an agreement's terms, or with what is well-formed of them, in view of the network. Rules are judged by every terms
 * that their programme has from the agreement's date of effect on: one that only a later type makes useful is no mistake.
 * @param id undefined where the path has none
 */
export function checkAgreement(
  network: Network,
  id: string | undefined,
  body: WellFormed<AgreementBody>,
): FieldError[] {
  const { parties, rules = [] } = body;
  const from = effectOf(body);
  return [
    ...(parties ?? []).flatMap((party, index) =>
      party === undefined || network.administrations.has(party)
        ? []
        : [{ pointer: `/parties/${index}`, detail: unknownAdministration(party) }],
    ),
    ...rules.flatMap((rule, index) =>
      rule?.pilotMembers == null || body.lifeCycle === undefined || body.lifeCycle === 'pilot'
        ? []
        : [{ pointer: `/rules/${index}/pilotMembers`, detail: 'is only for an agreement whose lifeCycle is pilot' }],
    ),
    ...rules.flatMap((rule, index) =>
      checkRule(network, id, parties, rule ?? {}, from).map(({ pointer, detail }) => ({
        pointer: `/rules/${index}${pointer}`,
        detail,
      })),
    ),
  ];
}

function checkRule(
  network: Network,
  agreement: string | undefined,
  parties: WellFormed<AgreementBody>['parties'],
  rule: WellFormed<RuleBody>,
  from: Instant | null,
): FieldError[] {
  const { id, programme, recogniser, presentation } = rule;
  const errors: FieldError[] = [];
  const refuse = (pointer: string, detail: string) => errors.push({ pointer, detail });
  const direction = programme === undefined || recogniser === undefined ? undefined : `${programme}>${recogniser}`;
  const expected = agreement === undefined || direction === undefined ? undefined : `${agreement}:${direction}`;
  if (id !== undefined && expected !== undefined && id !== expected) refuse('/id', `must be ${expected}`);
  if (programme !== undefined) errors.push(...checkProgrammeOfRule(network, programme, parties, rule, from));
  if (presentation != null && !network.presentations.has(presentation)) {
    refuse('/presentation', 'is not a known presentation');
  } else if (presentation != null && direction !== undefined && presentation !== direction) {
    refuse('/presentation', `must be ${direction}`);
  }
  return errors;
}

function checkProgrammeOfRule(
  network: Network,
  programme: string,
  parties: WellFormed<AgreementBody>['parties'],
  { recogniser, types }: WellFormed<RuleBody>,
  from: Instant | null,
): FieldError[] {
  const terms = (network.programmes.get(programme) ?? []).filter((known) => holdsAfter(known, from));
  if (terms.length === 0) return [{ pointer: '/programme', detail: 'is not a known programme' }];
  const errors: FieldError[] = [];
  // One that is not well-formed may have been meant.
  const mayBeParty = (code: string) => parties === undefined || parties.includes(undefined) || parties.includes(code);
  if (terms.some(({ administration }) => administration === recogniser)) {
    errors.push({ pointer: '/recogniser', detail: `must not be ${recogniser}, whose own programme it is` });
  } else if (!terms.some(({ administration }) => mayBeParty(administration))) {
    const detail = `must be of one of the parties, not of ${terms[0]?.administration}`;
    errors.push({ pointer: '/programme', detail });
  }
  const codes = new Set(terms.flatMap((known) => known.types.map(({ code }) => code)));
  for (const [index, type] of (types ?? []).entries()) {
    if (type === undefined || codes.has(type)) continue;
    errors.push({ pointer: `/types/${index}`, detail: `is not a type of ${programme}: ${[...codes].join(', ')}` });
  }
  return errors;
}

/** When the terms begin to hold; null: always. */
export function effectOf({ effectiveFrom }: WellFormed<AgreementBody>): Instant | null {
  return effectiveFrom === undefined ? null : instantOf(effectiveFrom);
}

function holdsAfter({ valid }: ProgrammeTerms, from: Instant | null): boolean {
  return valid.to === null || from === null || from < valid.to;
}
