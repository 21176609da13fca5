import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { AdministrationBody, completeAdministration } from './administrations.ts';
import { Agreement, AgreementBody, AgreementQuery, completeAgreement } from './agreements.ts';
import { fieldErrors } from './field-errors.ts';
import { NetworkAnswer } from './network.ts';
import { completeProgramme, Programme, ProgrammeBody } from './programmes.ts';

const pointers = (schema: z.ZodType, value: unknown): string[] => {
  const { error } = schema.safeParse(value);
  return error ? fieldErrors(error).map(({ pointer }) => pointer) : [];
};

describe('an agreement', () => {
  const BEGUN = { party: 'EU', from: null, effective: true };
  const rule = { id: 'eu-jp-2010:eu-aeo>JP', programme: 'eu-aeo', recogniser: 'JP' };
  const body = {
    title: 'EU – Japan',
    form: 'bilateral',
    parties: ['EU', 'JP'],
    lifeCycle: 'in_force',
    benefits: ['CONTACT_POINT'],
    rules: [rule],
  };

  test('needs title, form, parties and life cycle', () => {
    expect(pointers(AgreementBody, {})).toEqual(['/title', '/form', '/parties', '/lifeCycle']);
    expect(pointers(AgreementBody, body)).toEqual([]);
  });

  test('becomes complete: nulls, its benefits for a rule without, reviewed today', () => {
    const terms = completeAgreement(AgreementBody.parse(body), '2026-11-22');
    expect(terms.rules).toEqual([
      {
        ...rule,
        types: null,
        roles: null,
        flows: null,
        effectiveFrom: null,
        presentation: null,
        benefits: ['CONTACT_POINT'],
        pilotMembers: null,
        note: null,
        sources: [],
        confidence: 'low',
      },
    ]);
    expect(terms).toMatchObject({
      reviewedOn: '2026-11-22',
      legalForm: 'unknown',
      inForceOn: null,
      legalBasis: [],
      state: null,
    });
    const answer = {
      id: 'eu-jp-2010',
      ...terms,
      version: 2,
      recordedAt: '2026-11-22T09:00:00Z',
      validFrom: null,
      validTo: '2027-01-01',
    };
    expect(Agreement.parse(answer)).toEqual(answer);
  });

  test.each([
    ['/effectivefrom', { effectivefrom: '2026-01-01' }],
    ['/effectiveFrom', { effectiveFrom: '2026' }],
    ['/signedOn', { signedOn: '2026-13' }],
    ['/lifeCycle', { lifeCycle: 'active' }],
    ['/parties', { parties: ['EU'], rules: [] }],
    ['/parties', { parties: ['EU', 'JP', 'JP'] }],
    ['/rules', { lifeCycle: 'joint_work_plan' }],
    ['/rules/1/id', { rules: [rule, rule] }],
    ['/rules/0/recogniser', { rules: [{ ...rule, recogniser: 'US' }] }],
    ['/rules/0/types', { rules: [{ ...rule, types: [] }] }],
    ['/rules/0/role', { rules: [{ ...rule, role: ['exporter'] }] }],
    ['/partyEffective/1/party', { partyEffective: [BEGUN, BEGUN] }],
    ['/partyEffective/0/party', { partyEffective: [{ party: 'US', from: null, effective: true }] }],
    ['/sources/0', { sources: ['javascript:alert(1)'] }],
  ])('is refused at %s', (pointer, change) => {
    expect(pointers(AgreementBody, { ...body, ...change })).toEqual([pointer]);
  });

  test('is asked for by life cycle, party and programme', () => {
    const query = { lifeCycle: 'joint_work_plan', party: 'US', programme: 'us-ctpat' };
    expect(AgreementQuery.parse(query)).toEqual({ ...query, limit: 50 });
    expect(pointers(AgreementQuery, { lifecycle: 'signed' })).toEqual(['/lifecycle']);
  });
});

describe('a programme', () => {
  const body = {
    administration: 'NZ',
    name: 'Secure Exports Scheme',
    shortName: 'SES',
    types: [{ code: 'SES', name: 'Member' }],
  };

  test('becomes complete: what is not said is not known', () => {
    const terms = completeProgramme(ProgrammeBody.parse(body));
    expect(terms.types).toEqual([
      {
        code: 'SES',
        name: 'Member',
        components: ['SES'],
        securityComponent: null,
        validatedOnSite: null,
        recognisable: 'unknown',
        basis: '',
      },
    ]);
    expect(terms).toMatchObject({
      consent: 'unknown',
      roles: [],
      review: { intervalMonths: null, expires: null, note: null },
    });
    const answer = {
      id: 'nz-ses',
      ...terms,
      version: 1,
      recordedAt: '2026-11-22T09:00:00Z',
      validFrom: null,
      validTo: null,
    };
    expect(Programme.parse(answer)).toEqual(answer);
  });

  test('has each type once', () => {
    expect(pointers(ProgrammeBody, { ...body, types: [...body.types, ...body.types] })).toEqual(['/types/1/code']);
  });

  test.each(['^(A+)+$', '^[A-Z]*[A-Z]*[A-Z]*[A-Z]*$', '^(?=A)A$', '^(A)\\1$', '[A-Z]', '^[A-Z$', '^A|B{2,}C+D*E+$'])(
    'refuses a number pattern that is no plain expression: %s',
    (regex) => {
      const numberPatterns = [{ scheme: 'nz-ses-code', regex, example: 'NZ1234', verified: false }];
      expect(pointers(ProgrammeBody, { ...body, numberPatterns })).toEqual(['/numberPatterns/0/regex']);
    },
  );
});

describe('an administration', () => {
  test('has members only as a union, and each once at a time', () => {
    const member = { code: 'GB', from: '1973-01-01', to: '2021-01-01' };
    const union = (...members: object[]) => pointers(AdministrationBody, { name: 'Union', kind: 'union', members });
    expect(union(member, { ...member, from: '2021-01-01', to: null })).toEqual([]);
    expect(union(member, { ...member, from: '2020-12-31', to: null })).toEqual(['/members/1']);
    expect(union({ ...member, to: '1973-01-01' })).toEqual(['/members/0/to']);
    expect(pointers(AdministrationBody, { name: 'Norway', kind: 'country', members: [member] })).toEqual([
      '/members/0',
    ]);
  });

  test('becomes complete', () => {
    expect(completeAdministration({ name: 'Norwegian Customs', kind: 'country' })).toEqual({
      name: 'Norwegian Customs',
      territory: 'Norwegian Customs',
      kind: 'country',
      members: [],
      sources: [],
      confidence: 'low',
      notes: null,
    });
  });
});

test('the network is answered as pairs', () => {
  const answer = {
    at: '2026-01-01T00:00:00Z',
    networkVersion: 412,
    pairs: [
      {
        programme: 'eu-aeo',
        issuer: 'EU',
        recogniser: 'JP',
        agreements: ['eu-jp-2010'],
        rules: ['eu-jp-2010:eu-aeo>JP'],
        pilot: false,
        certain: true,
      },
    ],
  };
  expect(NetworkAnswer.parse(answer)).toEqual(answer);
});
