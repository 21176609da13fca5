import { type Instant, startOfDay } from '@mra/recognition';
import { createDecider } from '@mra/registry';
import { beforeAll, expect, test } from 'vitest';
import { as, createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { bodyOf } from './network-api.ts';

/** A demonstration member of the EU, asked about at the customs of Japan. */
const QUESTION = { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter' } as const;

let ask: (
  day: string,
  knownAt?: Instant,
) => Promise<readonly [outcome: string, reason: string, networkVersion: number]>;
let put: (url: string, changes: object) => Promise<{ version: number; recordedAt: Instant }>;

beforeAll(async () => {
  const database = await createTestDatabase({ demo: true });
  const { app } = await createTestApi(database);
  const decider = createDecider(database.db, database.networks);
  ask = async (day, knownAt) => {
    const question = { ...QUESTION, at: startOfDay(day), knownAt: knownAt ?? null };
    const [answer] = await decider.ask([question], { administration: null });
    if (answer?.kind !== 'answered') throw new Error('not answered');
    return [answer.decision.outcome, answer.decision.reason, answer.networkVersion];
  };
  put = async (url, changes) => {
    const { body } = await app.inject({ method: 'GET', url, headers: await as([]) });
    const payload = { ...bodyOf(JSON.parse(body)), ...changes };
    const written = await app.inject({ method: 'PUT', url, headers: await as(['network:write']), payload });
    expect(written.statusCode, written.body).toBe(200);
    return written.json();
  };
});

test('new terms of an agreement change decisions only from their day on; a correction changes them for all time; answers as known earlier stay', async () => {
  const url = '/v1/agreements/eu-jp-2010';
  const [, , first] = await ask('2026-11-22');
  expect(await ask('2026-11-22')).toEqual(['recognised', 'RECOGNISED', first]);

  const ended = await put(url, { lifeCycle: 'terminated', effectiveFrom: '2027-01-01' });
  expect(ended.version).toBe(first + 1);
  expect(await ask('2026-12-31')).toEqual(['recognised', 'RECOGNISED', ended.version]);
  expect(await ask('2027-01-01')).toEqual(['not_recognised', 'AGREEMENT_NOT_IN_FORCE', ended.version]);
  const before = new Date(Date.parse(ended.recordedAt) - 1).toISOString();
  expect(await ask('2027-01-01', before)).toEqual(['recognised', 'RECOGNISED', first]);

  const corrected = await put(url, { lifeCycle: 'suspended' });
  expect(corrected.version).toBe(first + 2);
  expect(await ask('2026-12-31')).toEqual(['not_recognised', 'AGREEMENT_NOT_IN_FORCE', corrected.version]);
  const asKnown = new Date(Date.parse(corrected.recordedAt) - 1).toISOString();
  expect(await ask('2026-12-31', asKnown)).toEqual(['recognised', 'RECOGNISED', ended.version]);
  await put(url, { lifeCycle: 'in_force' });
});

test('new terms of a programme change decisions only from their day on', async () => {
  const recognised = ['recognised', 'RECOGNISED'];
  expect((await ask('2027-06-01')).slice(0, 2)).toEqual(recognised);
  // Japan's rule names AEOS: a type that no longer has it as a component never counts.
  const types = [
    { code: 'AEOC', name: 'Simplifications' },
    { code: 'AEOS', name: 'Security' },
    { code: 'AEOF', name: 'Simplifications only', components: ['AEOC'] },
  ];
  await put('/v1/agreements/eu-jp-2010', { rules: await rulesFor(['AEOS']) });
  await put('/v1/programmes/eu-aeo', { types, effectiveFrom: '2027-01-01' });
  expect((await ask('2026-12-31')).slice(0, 2)).toEqual(recognised);
  expect((await ask('2027-01-01')).slice(0, 2)).toEqual(['not_recognised', 'TYPE_NOT_COVERED']);
});

test('a union loses its member on a day: its authorisations count no longer', async () => {
  const members = [
    { code: 'DE', from: '1958-01-01', to: '2026-06-01' },
    { code: 'FR', from: '1958-01-01', to: null },
  ];
  await put('/v1/administrations/EU', { members });
  expect((await ask('2026-05-31')).slice(0, 2)).toEqual(['recognised', 'RECOGNISED']);
  expect((await ask('2026-06-01')).slice(0, 2)).toEqual(['not_recognised', 'NOT_ACTIVE']);
});

async function rulesFor(types: readonly string[]): Promise<readonly object[]> {
  return [{ id: 'eu-jp-2010:eu-aeo>JP', programme: 'eu-aeo', recogniser: 'JP', types }];
}
