import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AdministrationBody } from './administrations.ts';
import { AgreementBody, completeAgreement } from './agreements.ts';
import { MutualAssistance } from './network.ts';
import { completeProgramme, ProgrammeBody } from './programmes.ts';
import {
  fromReferenceAdministration,
  fromReferenceAgreement,
  fromReferenceMutualAssistance,
  fromReferenceProgramme,
  fromReferenceWorkPlan,
  type ReferenceAdministration,
  type ReferenceAgreement,
  type ReferenceMutualAssistance,
  type ReferenceProgramme,
  type ReferenceWorkPlan,
} from './reference.ts';

function rows<Row>(file: string): Row[] {
  return JSON.parse(readFileSync(new URL(`../../../db/seeds/reference/${file}.json`, import.meta.url), 'utf8'));
}

const mutualAssistance = rows<ReferenceMutualAssistance>('mutual-assistance');
const agreements = rows<ReferenceAgreement>('agreements');
const workPlans = rows<ReferenceWorkPlan>('work-plans');
const context = { reviewedOn: '2026-01-01', mutualAssistance };

describe('every row of the reference data is a PUT that the schemas accept unchanged', () => {
  test('administrations', () => {
    const puts = rows<ReferenceAdministration>('administrations').map(fromReferenceAdministration);
    expect(puts).toHaveLength(128);
    for (const { body } of puts) expect(AdministrationBody.parse(body)).toEqual(body);
    expect(puts.find(({ id }) => id === 'EU')?.body.members).toContainEqual({
      code: 'GB',
      from: '1973-01-01',
      to: '2021-01-01',
    });
  });

  test('programmes', () => {
    const puts = rows<ReferenceProgramme>('programmes').map(fromReferenceProgramme);
    expect(puts).toHaveLength(85);
    for (const { id, body } of puts) {
      expect(ProgrammeBody.parse(body), id).toEqual(body);
      expect(completeProgramme(body), id).toEqual(body);
    }
  });

  test('agreements', () => {
    const puts = agreements.map((row) => fromReferenceAgreement(row, context));
    expect(puts).toHaveLength(155);
    expect(puts.flatMap(({ body }) => body.rules)).toHaveLength(552);
    for (const { id, body } of puts) {
      expect(AgreementBody.parse(body), id).toEqual(body);
      expect(completeAgreement(body, '2099-01-01'), id).toEqual(body);
    }
  });

  test('work plans, as agreements to be', () => {
    const puts = workPlans.map((row) => fromReferenceWorkPlan(row, context));
    expect(puts).toHaveLength(34);
    for (const { id, body } of puts) expect(AgreementBody.parse(body), id).toEqual(body);
    expect(puts.find(({ id }) => id === 'us-gt-jwp-2022')?.body).toMatchObject({
      title: 'Joint work plan US – GT',
      form: 'bilateral',
      lifeCycle: 'joint_work_plan',
      state: 'completed',
      signedOn: '2022-07-19',
      legalBasis: ['us-gt-cmaa-2022'],
      rules: [],
    });
  });

  test('mutual assistance', () => {
    const wire = mutualAssistance.map(fromReferenceMutualAssistance);
    expect(wire).toHaveLength(42);
    for (const assistance of wire) expect(MutualAssistance.parse(assistance), assistance.id).toEqual(assistance);
  });
});

test('a row keeps all it says but the precision of its dates, which their length says', () => {
  for (const row of agreements) {
    const { body } = fromReferenceAgreement(row, context);
    const { id: _, status, datePrecision: __, rules, ...kept } = row;
    expect(body).toMatchObject({ ...kept, lifeCycle: status });
    expect(body.rules).toMatchObject(rules.map(({ datePrecision: ___, ...rule }) => rule));
  }
});

test('ids of agreements and work plans do not collide', () => {
  const ids = [...agreements, ...workPlans].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the legal basis is the mutual assistance that all the parties have with each other', () => {
  const basisOf = (id: string) => {
    const row = agreements.find((agreement) => agreement.id === id);
    return row && fromReferenceAgreement(row, context).body.legalBasis;
  };
  expect(basisOf('eu-us-2012')).toEqual(['eu-us-cmaa-1997']);
  expect(basisOf('sacu-2023')).toEqual(['za-sacu-maa-2017']);
  expect(basisOf('latam-regional-2022')).toEqual([]);
});

test('a pilot admits nobody until its members are listed', () => {
  const pilots = agreements
    .filter(({ status }) => status === 'pilot')
    .map((row) => fromReferenceAgreement(row, context).body);
  expect(pilots.length).toBeGreaterThan(0);
  expect(pilots.flatMap(({ rules }) => rules).map((rule) => rule?.pilotMembers)).toEqual(
    pilots.flatMap(({ rules }) => rules).map(() => []),
  );
});
