import type { IncomingMessage } from 'node:http';
import type { InjectOptions } from 'fastify';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';

/**
 * What the worker, as a receiver of the Shared Signals Framework 1.0, does with its stream at the transmitter, by the class of the
 * conformance suite that looks at it (prefix OIDSSFReceiver, suffix Test left out). It neither deletes its stream nor changes its status,
 * which section 8.1 leaves to it: of StreamCreateDelete and StreamStatusUpdate stands here what it does when the stream is gone or stopped.
 */

interface Call {
  readonly what: string;
  readonly token: string;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let eu: TestNode;
let jp: TestNode;
let members: ReturnType<typeof membersOf>;
let calls: Call[] = [];
/** What JP gets in place of the answer of the EU; null: that answer. */
let answer: (call: Call, pass: () => Promise<Answer>) => Promise<Answer | null>;

beforeAll(async () => {
  ({ eu, jp } = await createPartneredNodes());
  members = membersOf(eu.api);
  await members.put('DEAEOF00000001', aMember());
  await eu.startWorker();
});
beforeEach(async () => {
  calls = [];
  answer = async () => null;
  await eu.database.asOwner('delete from stream');
  // Jobs that an earlier test has cut short would wait before they are tried again.
  await jp.database.asOwner('delete from jobs.job');
  await jp.database.asOwner(
    'update inbound_stream set stream_id = null, configuration = null, needs_snapshot = true, failures = 0, last_error = null',
  );
  eu.intercept = (request, response) => {
    if (!request.url?.startsWith('/exchange/streams')) return false;
    void reply(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      () => response.destroy(),
    );
    return true;
  };
});
afterEach(() => jp.stopWorkers());

async function reply(request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const { method = 'GET', url = '', headers } = request;
  const what = `${method} ${url.replace(/\?.*/, '?').replace(/[0-9a-f-]{36}/, 'id')}`;
  const call = { what, token: headers.authorization ?? '', body };
  calls.push(call);
  const pass = async (): Promise<Answer> => {
    const { 'content-length': _, 'transfer-encoding': __, ...rest } = headers;
    const options: InjectOptions = { method: method as 'GET', url, headers: rest, ...(body && { payload: body }) };
    const { statusCode, headers: said, body: text } = await eu.api.app.inject(options);
    const type = said['content-type'];
    return { status: statusCode, headers: typeof type === 'string' ? { 'content-type': type } : {}, body: text };
  };
  return (await answer(call, pass)) ?? pass();
}

const CREATE = 'POST /exchange/streams';
const POLL = 'POST /exchange/streams/id/poll';
const callsOf = (what: string) => calls.filter((call) => call.what === what);
const answerAtJp = async (identifier: string) => (await jp.ask({ recogniser: 'JP', identifier })).reason;
const expectRecognised = (number: string) =>
  expect.poll(() => answerAtJp(number), { timeout: 30_000 }).toBe('RECOGNISED');
const inbound = async () => (await jp.database.asOwner('select * from inbound_stream')).rows[0];

/** The whole way works, so whatever stood in it has gone. */
async function expectEvents(number: string): Promise<void> {
  await members.put(number, aMember());
  await expectRecognised(number);
}

test('8.1.1.1: a stream whose iss is not that of the transmitter’s metadata MUST NOT be used [StreamIssuerMismatch]', async () => {
  answer = async ({ what }, pass) => {
    const given = await pass();
    if (what.startsWith('POST') && what !== CREATE) return given;
    return { ...given, body: given.body?.replaceAll(`"iss":"${eu.url}"`, `"iss":"${eu.url}/other"`) ?? '' };
  };
  await jp.startWorker();
  await expect.poll(async () => (await inbound()).failures, { timeout: 30_000 }).toBeGreaterThan(2);
  expect(await inbound()).toMatchObject({ stream_id: null, last_error: 'its stream is of another issuer' });
  expect(
    [...new Set(calls.map(({ what }) => what))].filter((what) => ![CREATE, 'GET /exchange/streams'].includes(what)),
  ).toEqual([]);
  answer = async () => null;
  await expectEvents('DEAEOF00000011');
});

test('8.1.1.1: one stream is made, and a new one where the transmitter has it no more [StreamCreateDelete]', async () => {
  await jp.startWorker();
  await expectEvents('DEAEOF00000021');
  expect(callsOf(CREATE)).toHaveLength(1);
  expect(JSON.parse(callsOf(CREATE)[0]?.body ?? '')).toMatchObject({ delivery: { method: 'urn:ietf:rfc:8936' } });
  const { stream_id: first } = await inbound();
  const headers = await as(['exchange'], 'JP');
  const deleted = await eu.api.app.inject({ method: 'DELETE', url: `/exchange/streams?stream_id=${first}`, headers });
  expect(deleted.statusCode).toBe(204);
  await expectEvents('DEAEOF00000022');
  expect(callsOf(CREATE)).toHaveLength(2);
  expect((await inbound()).stream_id).not.toBe(first);
  // And after a restart the one that is known is used.
  await jp.stopWorkers();
  await jp.startWorker();
  await expectEvents('DEAEOF00000023');
  expect(callsOf(CREATE)).toHaveLength(2);
});

test('8.1.2.2: a stream that is paused and enabled again goes on with what came meanwhile [StreamStatusUpdate]', async () => {
  await jp.startWorker();
  await expectEvents('DEAEOF00000031');
  const { stream_id } = await inbound();
  const headers = await as(['exchange'], 'JP');
  const setStatus = async (status: string) =>
    (
      await eu.api.app.inject({
        ...{ method: 'POST', url: '/exchange/streams/status', headers },
        payload: { stream_id, status },
      })
    ).statusCode;
  expect(await setStatus('paused')).toBe(200);
  await members.put('DEAEOF00000032', aMember());
  expect(await answerAtJp('DEAEOF00000032')).toBe('UNKNOWN_TRADER');
  expect(await setStatus('enabled')).toBe(200);
  await expectRecognised('DEAEOF00000032');
  expect(callsOf(CREATE)).toHaveLength(1);
});

test.each([
  ['400', { status: 400 }],
  ['401', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }],
  ['403', { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } }],
  ['500', { status: 500 }],
  ['201 with something else', { status: 201, body: '{"stream_id":"x"}' }],
])(
  '8.1.1.1: %s to the creation: told to operations, asked again, and nothing is polled meanwhile [StreamControlErrorResponse]',
  async (name, refusal) => {
    let isRefused = true;
    answer = async ({ what }) => (isRefused && what === CREATE ? refusal : null);
    await jp.startWorker();
    await expect.poll(async () => (await inbound()).failures, { timeout: 30_000 }).toBeGreaterThan(1);
    expect(await inbound()).toMatchObject({
      stream_id: null,
      last_error: `making a stream: answered ${refusal.status}`,
      next_attempt_at: expect.anything(),
    });
    expect(callsOf(POLL)).toEqual([]);
    isRefused = false;
    await expectEvents(`DEAEOF000004${name.slice(0, 3)}`);
  },
);

test('8.1.1.1: 409 to the creation: the stream that there is is used [StreamControlErrorResponse]', async () => {
  await jp.startWorker();
  await expectEvents('DEAEOF00000051');
  const { stream_id } = await inbound();
  await jp.stopWorkers();
  await jp.database.asOwner('update inbound_stream set stream_id = null, configuration = null, needs_snapshot = true');
  const before = callsOf(CREATE).length;
  await jp.startWorker();
  await expectEvents('DEAEOF00000052');
  expect(callsOf(CREATE).length).toBe(before + 1);
  expect((await inbound()).stream_id).toBe(stream_id);
});

test('RFC 6750 3.1: an access token that is no longer valid is replaced, and the request repeated [AccessTokenExpiry]', async () => {
  await jp.startWorker();
  await expectEvents('DEAEOF00000061');
  const expired = callsOf(POLL).at(-1)?.token ?? '';
  expect(expired).toMatch(/^Bearer /);
  const from = calls.length;
  answer = async ({ token }) =>
    token === expired ? { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } } : null;
  await expectEvents('DEAEOF00000062');
  await expectEvents('DEAEOF00000063');
  const tokens = calls.slice(from).map(({ token }) => token);
  expect(tokens.filter((token) => token === expired).length).toBeLessThanOrEqual(2);
  expect(new Set(tokens.filter((token) => token !== expired)).size).toBe(1);
  expect((await inbound()).failures).toBe(0);
});
