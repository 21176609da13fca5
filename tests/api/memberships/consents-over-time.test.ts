import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

/** What record and events say about consent one after the other: what was withdrawn, or is not given any more, comes back by nothing older. */
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  members = membersOf(await createTestApi(await createTestDatabase()));
});

let count = 0;
let number = '';
beforeEach(async () => {
  count += 1;
  number = `DEAEOF${String(count).padStart(8, '0')}`;
  expect((await members.put(number, aMember())).statusCode).toBe(201);
});
const happens = async (type: string, effectiveFrom: string, more: object = {}) =>
  (await members.event(number, { type, effectiveFrom, ...more })).statusCode;
const ask = async (at: string) =>
  (await members.ask({ identifier: number, role: 'exporter', at: `${at}T00:00:00Z` })).json().reason;

describe('a consent that was announced', () => {
  test.each([
    ['by an event', () => happens('consent_given', '2030-01-01')],
    [
      'by a record',
      async () => {
        await happens('consent_withdrawn', '2025-01-01');
        await members.put(number, aMember({ consent: { given: true, from: '2030-01-01' } }));
      },
    ],
  ])('%s does not begin once the record gives none', async (_, announce) => {
    await announce();
    expect(await ask('2031-01-01')).toBe('RECOGNISED');
    expect((await members.put(number, aMember({ consent: { given: false } }))).statusCode).toBe(200);
    expect(await ask('2031-01-01')).toBe('UNKNOWN_TRADER');
  });

  test('begins for those whom the record names since, and not before its own day', async () => {
    await happens('consent_given', '2030-01-01');
    const consent = { given: true, partners: ['US'], from: '2029-01-01' };
    await members.put(number, aMember({ consent }));
    expect(await ask('2031-01-01')).toBe('UNKNOWN_TRADER');
    await members.put(number, aMember({ consent: { given: true, from: '2032-01-01' } }));
    expect([await ask('2031-01-01'), await ask('2033-01-01')]).toEqual(['UNKNOWN_TRADER', 'RECOGNISED']);
  });

  test('and a withdrawal that was announced before it stays', async () => {
    await happens('consent_withdrawn', '2029-01-01', { partners: ['JP'] });
    await happens('consent_given', '2030-01-01', { partners: ['US'] });
    await members.put(number, aMember({ consent: { given: true, from: '2020-01-01' } }));
    const now = (await members.ask({ identifier: number, role: 'exporter' })).json().reason;
    expect([now, await ask('2029-06-01'), await ask('2031-01-01')]).toEqual([
      'RECOGNISED',
      'UNKNOWN_TRADER',
      'UNKNOWN_TRADER',
    ]);
  });
});

describe('a withdrawal dated before the consent of the record', () => {
  test.each([
    ['begins later', '2020-01-01', '2019-06-01', '2030-01-01', '2026-12-01'],
    ['began earlier', '2025-01-01', '2024-06-01', '2024-01-01', '2026-01-01'],
  ])('is not lifted by a consent that %s', async (_, from, withdrawn, given, at) => {
    await members.put(number, aMember({ consent: { given: true, from } }));
    expect(await happens('consent_withdrawn', withdrawn)).toBe(201);
    expect(await ask(at)).toBe('UNKNOWN_TRADER');
    expect(await happens('consent_given', given)).toBe(201);
    expect(await ask(at)).toBe('UNKNOWN_TRADER');
  });
});

describe('a partner that is withdrawn by name', () => {
  test.each([
    ['from a consent for its union', ['US', 'EU'], 'NL'],
    ['as a union from a consent for its member', ['US', 'NL'], 'EU'],
  ])('%s has none', async (_, partners, withdrawn) => {
    const programme = 'us-ctpat';
    const consent = { given: true, partners, from: '2019-04-01' };
    const record = { type: 'TIER2', validFrom: '2019-04-01', names: [{ name: 'One Inc.', kind: 'legal' }], consent };
    const options = { programme, administration: 'US' };
    const id = `CTPAT-${count}`;
    const written = await members.put(id, record, options);
    expect(written.statusCode, written.body).toBe(201);
    const reason = async () =>
      (await members.ask({ recogniser: 'NL', identifier: id, at: '2026-01-01T00:00:00Z' })).json().reason;
    expect(await reason()).not.toBe('UNKNOWN_TRADER');
    const event = { type: 'consent_withdrawn', partners: [withdrawn], effectiveFrom: '2025-01-01' };
    expect((await members.event(id, event, options)).statusCode).toBe(201);
    expect(await reason()).toBe('UNKNOWN_TRADER');
  });
});
