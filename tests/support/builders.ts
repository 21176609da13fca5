import {
  type AgreementTerms,
  ALWAYS,
  type AuthorisationType,
  type IdentifierFact,
  indexNetwork,
  type MembershipEvent,
  type MembershipFacts,
  type Network,
  type Question,
  type RecognitionRule,
  type StatusPeriod,
} from '@mra/recognition';

/** Data builders for tests of single rules: a member of a programme of two components, and one agreement that recognises it. */

export const aType = (
  code: string,
  components: readonly string[] = [code],
  recognisable: AuthorisationType['recognisable'] = 'yes',
): AuthorisationType => ({
  code,
  name: code,
  components,
  securityComponent: null,
  validatedOnSite: null,
  recognisable,
  basis: 'test',
});

/** AEOF is AEOC and AEOS, of which only AEOS counts. */
export const TYPES = [aType('AEOC', ['AEOC'], 'no'), aType('AEOS'), aType('AEOF', ['AEOC', 'AEOS'])];

export const anEvent = (
  event: Partial<MembershipEvent> & Pick<MembershipEvent, 'type' | 'effectiveFrom'>,
): MembershipEvent => ({
  component: null,
  newType: null,
  partners: null,
  ...event,
});

export const aStatus = (
  component: string,
  status: StatusPeriod['status'] = 'active',
  type = component,
): StatusPeriod => ({
  type,
  component,
  status,
  valid: { from: '2020-01-01T00:00:00.000Z', to: null },
});

export const anIdentifier = (value: string, fact: Partial<IdentifierFact> = {}): IdentifierFact => ({
  origin: 'number',
  scheme: null,
  value,
  normalised: value,
  recogniser: null,
  valid: ALWAYS,
  ...fact,
});

export const aMembership = (facts: Partial<MembershipFacts> = {}): MembershipFacts => {
  const number = facts.number ?? 'XX1';
  return {
    programme: 'xx-aeo',
    number,
    issuingCountry: null,
    names: [{ name: 'Invented Trader', kind: 'legal' }],
    addresses: [],
    roles: [],
    statuses: [aStatus('AEOC', 'active', 'AEOF'), aStatus('AEOS', 'active', 'AEOF')],
    consents: [],
    identifiers: [anIdentifier(number)],
    localSuspensions: [],
    source: null,
    synchronisation: null,
    ...facts,
  };
};

export const aRule = (rule: Partial<RecognitionRule> = {}): RecognitionRule => ({
  id: 'xx-yy:xx-aeo>YY',
  programme: 'xx-aeo',
  recogniser: 'YY',
  types: null,
  roles: null,
  flows: null,
  effectiveFrom: null,
  presentation: null,
  benefits: [],
  pilotMembers: null,
  ...rule,
});

export const anAgreement = (terms: Partial<AgreementTerms> = {}): AgreementTerms => ({
  id: 'xx-yy',
  title: 'XX and YY',
  citation: null,
  lifeCycle: 'in_force',
  signedOn: null,
  inForceOn: '2020-01-01',
  partyEffective: [],
  reviewedOn: '2026-01-01',
  rules: [aRule()],
  valid: ALWAYS,
  ...terms,
});

/** XX runs `xx-aeo`, ZZ runs `zz-aeo`; YY recognises both. YY is a member of the union UU from 2021 on. */
export const aNetwork = (
  agreements: readonly AgreementTerms[] = [
    anAgreement(),
    anAgreement({ id: 'yy-zz', rules: [aRule({ id: 'yy-zz:zz-aeo>YY', programme: 'zz-aeo' })] }),
  ],
): Network =>
  indexNetwork({
    version: 1,
    administrations: ['XX', 'YY', 'ZZ', 'UU'],
    unionMembers: [{ union: 'UU', member: 'YY', valid: { from: '2021-01-01T00:00:00.000Z', to: null } }],
    programmes: (['XX', 'ZZ'] as const).map((administration) => ({
      id: `${administration.toLowerCase()}-aeo`,
      administration,
      types: TYPES,
      consent: 'unknown',
      numberPatterns: [],
      valid: ALWAYS,
    })),
    agreements,
    presentations: [],
    schemes: [
      {
        scheme: 'digits',
        administration: 'YY',
        name: 'Digits',
        kind: 'NATIONAL_ID',
        regex: '^[0-9]{3}$',
        checkDigit: null,
      },
    ],
  });

export const aQuestion = (question: Partial<Question> = {}): Question => ({
  recogniser: 'YY',
  identifier: 'XX1',
  at: '2026-06-15T10:00:00.000Z',
  knownAt: '2026-11-22T09:00:00.000Z',
  ...question,
});
