import type { Decision, Question } from '@mra/recognition';
import { describe, expect, test } from 'vitest';
import { Answer, BatchAnswer } from './answer.ts';
import { toAnswer } from './to-answer.ts';

/** The answer that the API document shows. */
const EXAMPLE = {
  outcome: 'recognised',
  reason: 'RECOGNISED',
  question: {
    recogniser: 'JP',
    identifier: 'DEAEOF00012345',
    role: 'exporter',
    at: '2026-11-22T09:00:00Z',
    knownAt: '2026-11-22T09:00:00Z',
  },
  membership: {
    programme: 'eu-aeo',
    issuer: 'EU',
    issuingCountry: 'DE',
    authorisationNumber: 'DEAEOF00012345',
    type: 'AEOF',
    status: 'active',
    statusSince: '2019-04-01',
    name: 'Muster Logistik GmbH',
  },
  rules: [
    {
      agreement: 'eu-jp-2010',
      rule: 'eu-jp-2010:eu-aeo>JP',
      title: '…',
      citation: 'Decision 1/2010 of the EU–Japan JCCC (2010/637/EU)',
      met: true,
      conditions: [
        { code: 'AGREEMENT_IN_FORCE', met: true, detail: 'in force since 2011-05-24' },
        { code: 'TYPE_COVERED', met: true, detail: 'AEOF carries the security component' },
        { code: 'ROLE_COVERED', met: true },
        { code: 'FLOW_COVERED', met: true },
        { code: 'STATUS_ACTIVE', met: true },
        { code: 'NOT_LOCALLY_SUSPENDED', met: true },
        { code: 'CONSENT_GIVEN', met: true },
        { code: 'DATA_FRESH', met: true },
      ],
    },
  ],
  benefits: ['FEWER_SECURITY_CONTROLS', 'PRIORITY_TREATMENT', 'TRADE_RESUMPTION'],
  declare: { strategy: 'PARTNER_CODE', identifier: '…', where: '…', note: null },
  nameMatch: null,
  validUntil: null,
  dataAge: { source: 'local', lastSynchronisedAt: null, ageSeconds: 0, maxAgeSeconds: null },
  decidedAt: '2026-11-22T09:00:00.123Z',
  networkVersion: 412,
};

const question: Question = {
  recogniser: 'JP',
  identifier: 'DEAEOF00012345',
  role: 'exporter',
  at: '2026-11-22T09:00:00.000Z',
  knownAt: '2026-11-22T09:00:00.000Z',
};

const decision: Decision = {
  outcome: 'recognised',
  reason: 'RECOGNISED',
  detail: null,
  membership: {
    programme: 'eu-aeo',
    issuer: 'EU',
    issuingCountry: 'DE',
    authorisationNumber: 'DEAEOF00012345',
    type: 'AEOF',
    status: 'active',
    statusSince: '2019-04-01T00:00:00.000Z',
    components: [
      { code: 'AEOC', status: 'suspended', since: '2026-03-01T10:30:00.000Z' },
      { code: 'AEOS', status: 'active', since: '2019-04-01' },
    ],
    name: 'Muster Logistik GmbH',
  },
  rules: EXAMPLE.rules as Decision['rules'],
  benefits: EXAMPLE.benefits,
  declare: { strategy: 'PARTNER_CODE', identifier: 'DEAEOF00012345', where: 'NACCS', note: null, hint: null },
  declareNote: null,
  nameMatch: null,
  validUntil: '2027-01-01T00:00:00.000Z',
  dataAge: { source: 'local', lastSynchronisedAt: null, ageSeconds: 0, maxAgeSeconds: null },
};

const context = { decidedAt: '2026-11-22T09:00:00.123Z', networkVersion: 412 };

test('the answer that the API document shows fits, field by field', () => {
  expect(Answer.parse(EXAMPLE)).toEqual(EXAMPLE);
});

describe('a decision on the wire', () => {
  const answer = toAnswer(decision, question, context);

  test('fits the schema and loses nothing in it', () => {
    expect(Answer.parse(answer)).toEqual(answer);
  });

  test('repeats of the question what was asked, and the two instants', () => {
    expect(answer.question).toStrictEqual(EXAMPLE.question);
    const full: Question = { ...question, scheme: 'eori', issuer: 'EU', flow: 'import', name: 'Muster' };
    expect(toAnswer(decision, full, context).question).toStrictEqual({
      ...EXAMPLE.question,
      scheme: 'eori',
      issuer: 'EU',
      flow: 'import',
      name: 'Muster',
    });
  });

  test('writes days where a status began at 00:00 UTC, and short instants elsewhere', () => {
    expect(answer.membership).toMatchObject({
      statusSince: '2019-04-01',
      components: [{ since: '2026-03-01T10:30:00Z' }, { since: '2019-04-01' }],
    });
    expect(answer.validUntil).toBe('2027-01-01T00:00:00Z');
    expect(answer.decidedAt).toBe('2026-11-22T09:00:00.123Z');
  });

  const unknown: Decision = {
    outcome: 'not_recognised',
    reason: 'UNKNOWN_TRADER',
    detail: 'no known trader has this identifier at that time',
    membership: null,
    rules: [],
    benefits: [],
    declare: null,
    declareNote: null,
    nameMatch: null,
    validUntil: null,
    dataAge: null,
  };

  test('of an unknown trader has nulls and empty lists', () => {
    const wire = toAnswer(unknown, question, context);
    expect(Answer.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject({ membership: null, declare: null, validUntil: null, dataAge: null });
  });

  test('of an unknown trader names the check digit that the identifier fails in what it looks like most', () => {
    const detailWith = (reason: Decision['reason'], ...checkDigits: ('valid' | 'invalid' | 'not_checked')[]) => {
      const schemes = checkDigits.map((checkDigit, index) => ({
        scheme: `s${index}`,
        name: `Number ${index}`,
        checkDigit,
      }));
      return toAnswer({ ...unknown, reason }, question, { ...context, identifier: { normalised: 'X1', schemes } })
        .detail;
    };
    const named = 'no known trader has this identifier at that time; read as Number 0 its check digit is wrong';
    expect(detailWith('UNKNOWN_TRADER', 'invalid', 'valid')).toBe(named);
    expect(detailWith('UNKNOWN_TRADER', 'valid')).toBe(unknown.detail);
    expect(detailWith('UNKNOWN_TRADER')).toBe(unknown.detail);
    expect(detailWith('NO_AGREEMENT', 'invalid')).toBe(unknown.detail);
  });

  test('tells where something is declared whose form is not known', () => {
    const declareNote = { where: 'NACCS', note: 'a 12-character code' };
    const wire = toAnswer({ ...decision, declare: null, declareNote }, question, context);
    expect(Answer.parse(wire)).toMatchObject({ declare: null, declareNote });
  });

  test('tells what the identifier looks like only when it was looked at', () => {
    const identifier = {
      normalised: 'DEAEOF00012345',
      schemes: [{ scheme: 'eu-aeo-number', name: 'EU AEO authorisation number', checkDigit: 'not_checked' as const }],
    };
    expect(answer).not.toHaveProperty('identifier');
    expect(Answer.parse(toAnswer(decision, question, { ...context, identifier })).identifier).toEqual(identifier);
  });

  test('calls a copy newer than the instant asked about 0 seconds old', () => {
    const copy = {
      source: 'EU',
      lastSynchronisedAt: '2026-11-23T09:00:00.000Z',
      ageSeconds: -86_400,
      maxAgeSeconds: 129_600,
    };
    expect(toAnswer({ ...decision, dataAge: copy }, question, context).dataAge).toEqual({
      source: 'EU',
      lastSynchronisedAt: '2026-11-23T09:00:00Z',
      ageSeconds: 0,
      maxAgeSeconds: 129_600,
    });
  });
});

test('a batch answers good and bad items side by side, and no other outcome', () => {
  const invalid = {
    outcome: 'invalid',
    question: { recogniser: 1 },
    errors: [{ pointer: '/identifier', detail: 'is required' }],
  };
  expect(BatchAnswer.parse({ answers: [EXAMPLE, invalid] })).toEqual({ answers: [EXAMPLE, invalid] });
  expect(BatchAnswer.safeParse({ answers: [{ ...EXAMPLE, outcome: 'maybe' }] }).success).toBe(false);
  expect(BatchAnswer.safeParse({ answers: [{ outcome: 'invalid', question: null, errors: [] }] }).success).toBe(false);
});
