import { appendChange, record } from '@mra/registry';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let api: TestApi;
let headers: { authorization: string };
beforeAll(async () => {
  database = await createTestDatabase({ demo: true });
  api = await createTestApi(database);
  headers = await as(['recognition:read']);
});

const AT = '2026-11-22T09:00:00Z';
const GOOD = { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter', at: AT };

const send = (payload: unknown) =>
  api.app.inject({ method: 'POST', url: '/v1/recognition/batch', headers, payload: payload as object });
const batch = async (questions: readonly unknown[]) => {
  const response = await send({ questions });
  expect(response.statusCode, response.body.slice(0, 500)).toBe(200);
  return response.json().answers;
};
const summary = (answers: { outcome: string; reason?: string; errors?: { pointer: string }[] }[]) =>
  answers.map(
    ({ outcome, reason, errors }) => reason ?? [outcome, ...(errors ?? []).map(({ pointer }) => pointer)].join(' '),
  );

describe('200', () => {
  test('answers stand in question order, bad items among them with their errors', async () => {
    const answers = await batch([
      GOOD,
      { ...GOOD, att: AT },
      'not a question',
      null,
      { ...GOOD, identifier: 'DEAEOC00012346' },
      { ...GOOD, recogniser: 'XX', scheme: 'nope' },
      [],
      { ...GOOD, knownAt: '2999-01-01T00:00:00Z' },
      { identifier: 7 },
      { ...GOOD, identifier: 'NOBODY000' },
    ]);
    expect(summary(answers)).toEqual([
      'RECOGNISED',
      'invalid /att',
      'invalid ',
      'invalid ',
      'TYPE_NOT_COVERED',
      'invalid /recogniser /scheme',
      'invalid ',
      'invalid /knownAt',
      'invalid /recogniser /identifier',
      'UNKNOWN_TRADER',
    ]);
    expect(answers[1].question).toEqual({ ...GOOD, att: AT });
    expect(answers[2].question).toBe('not a question');
    expect(answers[3].question).toBeNull();
  });

  test('a single question and a batch of it have the same answer', async () => {
    const [batched] = await batch([GOOD]);
    const question = { ...GOOD, knownAt: batched.question.knownAt };
    const single = await api.app.inject({ method: 'POST', url: '/v1/recognition', headers, payload: question });
    expect({ ...single.json(), decidedAt: '' }).toEqual({ ...batched, decidedAt: '' });
  });

  test('all of a batch is known at one instant', async () => {
    const answers = await batch(
      Array.from({ length: 20 }, (_, index) => ({ recogniser: 'JP', identifier: `X${index}` })),
    );
    expect(new Set(answers.map(({ decidedAt }: { decidedAt: string }) => decidedAt)).size).toBe(1);
  });

  test('10,000 questions', async () => {
    const answers = await batch(
      Array.from({ length: 10_000 }, (_, index) =>
        index % 10 === 3 ? { no: index } : { ...GOOD, identifier: `A${index}` },
      ),
    );
    expect(answers).toHaveLength(10_000);
    expect(summary(answers.slice(0, 5))).toEqual([
      'UNKNOWN_TRADER',
      'UNKNOWN_TRADER',
      'UNKNOWN_TRADER',
      'invalid /recogniser /identifier /no',
      'UNKNOWN_TRADER',
    ]);
    expect(answers[9_999].question.identifier).toBe('A9999');
  });

  test('10,000 questions about members', async () => {
    const answers = await batch(Array.from({ length: 10_000 }, () => GOOD));
    expect(answers).toHaveLength(10_000);
    expect(answers.every(({ outcome }: { outcome: string }) => outcome === 'recognised')).toBe(true);
  });

  test('questions as known under many versions of the network, in turn', async () => {
    const instants: string[] = [];
    for (let version = 0; version < 12; version += 1) {
      await record(database.db, { client: 'tests', administration: null }, async (recording) => {
        instants.push(recording.recordedAt);
        await appendChange(recording, {
          administration: null,
          subject: 'programme',
          id: 'x',
          changesNetwork: true,
          payload: {},
        });
      });
    }
    const loads = vi.spyOn(database.networks, 'get');
    const answers = await batch(
      Array.from({ length: 600 }, (_, index) => ({ ...GOOD, knownAt: instants[index % 12] })),
    );
    expect(
      answers.map(({ networkVersion }: { networkVersion: number }) => networkVersion - answers[0].networkVersion),
    ).toEqual(Array.from({ length: 600 }, (_, index) => index % 12));
    expect(answers.every(({ outcome }: { outcome: string }) => outcome === 'recognised')).toBe(true);
    // Each version is asked for once, not once for each answer: only the last few are kept in memory.
    expect(loads.mock.calls.length).toBe(12);
  });

  test('an item nested deeper than an answer can be written does not fail its neighbours', async () => {
    const payload = `{"questions":[${JSON.stringify(GOOD)},${'['.repeat(20_000)}${']'.repeat(20_000)}]}`;
    const response = await api.app.inject({
      method: 'POST',
      url: '/v1/recognition/batch',
      headers: { ...headers, 'content-type': 'application/json' },
      payload,
    });
    expect(response.statusCode).toBe(200);
    expect(summary(response.json().answers)).toEqual(['RECOGNISED', 'invalid ']);
  });
});

describe('400', () => {
  test.each([
    ['no questions', { questions: [] }, ['/questions']],
    ['10,001 questions', { questions: Array.from({ length: 10_001 }, () => GOOD) }, ['/questions']],
    ['an unknown field beside them', { questions: [GOOD], at: AT }, ['/at']],
    ['a list alone', [GOOD], ['']],
    ['nothing', {}, ['/questions']],
  ])('%s', async (_, payload, expected) => {
    const response = await send(payload);
    expect(response.statusCode).toBe(400);
    expect(response.json().code).toBe('VALIDATION_FAILED');
    expect(response.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expected);
  });
});

describe('413', () => {
  test('a JSON body over the limit of 16 MiB', async () => {
    const response = await send({ questions: [GOOD], padding: 'x'.repeat(16 * 1_048_576) });
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', detail: expect.stringContaining('16777216') });
  });
});
