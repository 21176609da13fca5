import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aWorld } from '../../../tests/support/arbitraries.ts';
import { factsOf } from '../../../tests/support/arbitrary-members.ts';
import {
  aMembership,
  aNetwork,
  anAgreement,
  anIdentifier,
  aQuestion,
  aRule,
  aStatus,
} from '../../../tests/support/builders.ts';
import { decide } from './decide.ts';
import { ALWAYS } from './time.ts';

test('a programme that the network does not describe is still issued by the union that its id names', () => {
  const programme = 'uu-aeo';
  const rule = aRule({ id: 'uu-zz:uu-aeo>ZZ', programme, recogniser: 'ZZ', types: ['AEOS'] });
  const network = aNetwork([anAgreement({ id: 'uu-zz', rules: [rule], inForceOn: '2019-01-01' })]);
  const membership = aMembership({
    programme,
    number: 'YY1',
    statuses: [aStatus('AEOS')],
    consents: [{ scope: 'all', partners: [], except: [], valid: ALWAYS }],
    identifiers: [anIdentifier('YY1')],
  });
  const asked = (at: string) =>
    decide(aQuestion({ recogniser: 'ZZ', identifier: 'YY1', at }), { network, memberships: [membership] });

  // YY joins the union in 2021.
  expect(asked('2020-06-15T00:00:00.000Z')).toMatchObject({
    reason: 'NOT_ACTIVE',
    validUntil: '2021-01-01T00:00:00.000Z',
  });
  expect(asked('2021-01-01T00:00:00.000Z')).toMatchObject({ reason: 'RECOGNISED', validUntil: null });
});

test('what was asked before changes no answer', () => {
  const worlds = fc.sample(aWorld, { seed: 7, numRuns: 1000 });
  const answer = ({ network, members, question, audience }: (typeof worlds)[number]) =>
    decide(question, { network, memberships: members.map((member) => factsOf(network, member)) }, audience);
  const first = worlds.map(answer);
  expect(worlds.toReversed().map(answer).toReversed()).toEqual(first);
});
