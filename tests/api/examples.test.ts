import { examples } from '@mra/api';
import type { Scope } from '@mra/http';
import { beforeAll, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../support/api.ts';
import { buildApiDocument, exampleUrlOf, operationsOf } from '../support/api-document.ts';
import { createTestDatabase } from '../support/database.ts';

const MEMBER = '/v1/programmes/eu-aeo/memberships/DEAEOF00012345';
const shown = new Map(operationsOf(await buildApiDocument()).map((one) => [one.operationId, exampleUrlOf(one)]));
/** With what Swagger UI fills in. */
const urlOf = (operation: string): string => shown.get(operation) ?? '';
const EVENTS = urlOf('postMembershipEvent');

interface ExampleRequest {
  readonly summary: string;
  readonly scope: Scope;
  readonly administration?: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly type?: string;
  readonly body?: unknown;
}

const reader = { scope: 'recognition:read', method: 'POST', url: '/v1/recognition' } as const;
const batch = { ...reader, url: '/v1/recognition/batch' };
const registry = { scope: 'registry:read', administration: 'EU', method: 'GET' } as const;
const writer = { scope: 'registry:write', administration: 'EU' } as const;
const lists = { ...writer, method: 'POST', url: '/v1/imports?programme=eu-aeo&mode=delta' } as const;

/** The requests of the document, in this order: those that write come last. */
const REQUESTS: Readonly<Record<string, Readonly<Record<string, ExampleRequest>>>> = {
  askRecognition: each(examples.questions, reader),
  askRecognitionBatch: each(examples.batches, batch),
  askRecognitionLines: each(examples.questionLines, { ...batch, type: 'application/x-ndjson' }),
  getMembership: { asOfNow: { ...registry, summary: 'An own member', url: MEMBER } },
  searchMemberships: {
    byIdentifier: { ...registry, summary: 'By identifier', url: '/v1/memberships?identifier=DE123456789012345' },
  },
  putMembership: each(examples.memberships, { ...writer, method: 'PUT', url: MEMBER }),
  importMemberships: {
    ...each(examples.csvLists, { ...lists, type: 'text/csv' }),
    ...each(examples.ndjsonLists, { ...lists, type: 'application/x-ndjson' }),
  },
  putLocalSuspension: each(examples.localSuspensions, { ...writer, method: 'PUT', url: urlOf('putLocalSuspension') }),
  postMembershipEvent: each(examples.events, { ...writer, method: 'POST', url: EVENTS }),
  getMembershipHistory: {
    afterTheEvents: { ...registry, summary: 'After these events', url: EVENTS.replace(/events$/, 'history') },
  },
};

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi(await createTestDatabase({ demo: true }));
});

test('the examples of the OpenAPI document are answers of the demonstration data', async () => {
  const answers: Record<string, Record<string, unknown>> = {};
  for (const [operation, requests] of Object.entries(REQUESTS)) {
    answers[operation] = {};
    for (const [name, { summary, ...request }] of Object.entries(requests)) {
      answers[operation][name] = { summary, value: await answerTo(request) };
    }
  }
  await expect(`${JSON.stringify(answers, null, 2)}\n`).toMatchFileSnapshot(
    '../../services/api/src/examples-answers.json',
  );
});

/** One request for each example body, by the name of the example. */
function each(
  bodies: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>,
  request: Omit<ExampleRequest, 'summary'>,
): Record<string, ExampleRequest> {
  return Object.fromEntries(
    Object.entries(bodies).map(([name, { summary, value }]) => [name, { ...request, summary, body: value }]),
  );
}

async function answerTo(request: Omit<ExampleRequest, 'summary'>): Promise<unknown> {
  const { scope, administration, method, url, type = 'application/json', body } = request;
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const { statusCode, ...answer } = await api.app.inject({
    method,
    url,
    headers: { ...(await as([scope], administration)), ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { payload }),
  });
  expect(statusCode, `${method} ${url}: ${answer.body}`).toBeLessThan(300);
  if (!String(answer.headers['content-type']).startsWith('application/x-ndjson')) return unmoved(answer.json());
  return answer.body.replace(/.+/g, (line) => JSON.stringify(unmoved(JSON.parse(line))));
}

/** What differs between two runs, in the form that it has: instants of the clock, versions of the network, ids. */
const MOVING: Readonly<Record<string, unknown>> = {
  decidedAt: '2026-11-22T09:00:00.123Z',
  knownAt: '2026-11-22T09:00:00Z',
  recordedAt: '2026-11-22T08:00:00Z',
  supersededAt: '2026-11-22T08:00:00Z',
  networkVersion: 412,
  importId: '42',
};

function unmoved(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (key, value) => (Object.hasOwn(MOVING, key) && value !== null ? MOVING[key] : value)),
  );
}
