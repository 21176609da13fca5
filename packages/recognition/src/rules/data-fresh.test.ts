import { expect, test } from 'vitest';
import { aMembership, aNetwork, anAgreement, aQuestion, aRule } from '../../../../tests/support/builders.ts';
import { dataFresh } from './data-fresh.ts';

const copy = (knownAt: string, lastSynchronisedAt: string | null = '2026-11-20T00:00:00.000Z', isInDoubt = false) =>
  dataFresh({
    question: aQuestion({ knownAt }),
    network: aNetwork(),
    membership: aMembership({
      source: 'XX',
      synchronisation: { lastSynchronisedAt, maxAgeSeconds: 129_600, isInDoubt },
    }),
    issuer: 'XX',
    agreement: anAgreement(),
    rule: aRule(),
    type: null,
  });

test('a copy is fresh until it is as old as it may grow, counted to the instant of knowledge', () => {
  expect(copy('2026-11-21T11:59:59.999Z')).toEqual({ code: 'DATA_FRESH', met: true });
  expect(copy('2026-11-21T12:00:00.000Z')).toEqual({
    code: 'DATA_FRESH',
    met: null,
    detail: 'data of XX too old since 2026-11-21T12:00:00Z',
  });
});

test('a copy that was never synchronised cannot be known to be fresh', () => {
  expect(copy('2026-11-21T11:59:59.999Z', null).met).toBeNull();
});

test('a copy about which something newer could not be read is not known, however fresh', () => {
  expect(copy('2026-11-20T00:00:00.001Z', undefined, true)).toEqual({
    code: 'DATA_FRESH',
    met: null,
    detail: 'a newer record from XX could not be read',
  });
});
