import { afterEach, expect, test, vi } from 'vitest';
import type { PartyName } from '../membership-types.ts';
import { matchName } from './name-match.ts';

afterEach(() => void vi.restoreAllMocks());

const legal = (names: readonly string[]): PartyName[] => names.map((name) => ({ name, kind: 'legal' }));

/** One character, of which NFKC makes eighteen. */
const LIGATURE = '\ufdfa';

test('names of 300 ordinary letters are compared as a whole', () => {
  const name = 'Muster Logistik '.repeat(19).slice(0, 299);
  expect(matchName(`${name}a`, legal([`${name.toUpperCase()}A`]))?.result).toBe('normalised');
  expect(matchName(`${name}a`, legal([`${name}b`]))?.result).toBe('review');
});

test('what is longer is compared as far as that, and never called alike', () => {
  const name = LIGATURE.repeat(299);
  expect(matchName(`${name}a`, legal([`${name}b`]))).toMatchObject({ result: 'review', score: 0.99 });
  expect(matchName(`${name}a`, legal([`${name}A`]))).toMatchObject({ result: 'review', score: 0.99 });
  expect(matchName(`${name}a`, legal([`${name}a`]))).toMatchObject({ result: 'exact', score: 1 });
  expect(matchName('&'.repeat(300), legal([`${'&'.repeat(299)}+`]))).toMatchObject({ result: 'review', score: 0.99 });
  expect(matchName(name, legal(['Muster Logistik GmbH']))?.result).toBe('different');
});

test('the work of a comparison does not grow with what is asked again', () => {
  const normalise = vi.spyOn(String.prototype, 'normalize');
  const registered = Array.from({ length: 50 }, (_, index) => `Registered ${index} ${LIGATURE}`);
  const calls = (asked: string, names: readonly PartyName[]): number => {
    normalise.mockClear();
    matchName(asked, names);
    return normalise.mock.calls.length;
  };
  const names = legal(registered);
  expect(calls('First Trader', names)).toBeGreaterThan(50);
  // The facts of another question: the same names anew.
  const ofAnother = calls('Second Trader', legal(registered));
  expect(ofAnother).toBeGreaterThan(0);
  expect(ofAnother).toBeLessThan(10);
  // The same question at another instant.
  expect(calls('First Trader', names)).toBe(0);
});

test('a name that cannot be better by its length alone does not hide a better one', () => {
  const names = legal(['Acme Trading', 'A', 'Acme Shipping and Trading of the Whole World', 'acme shipping']);
  expect(matchName('ACME SHIPPING', names)).toEqual({ result: 'normalised', score: 1, comparedWith: 'acme shipping' });
  expect(matchName('Acme Shippings', names)).toMatchObject({ result: 'review', comparedWith: 'acme shipping' });
});
