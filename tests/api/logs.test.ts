import { type AddressInfo, connect } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { aToken, createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { question, REQUESTS, SECRETS, type Sent } from './log-requests.ts';

const SCOPES = ['recognition:read', 'registry:read', 'registry:write', 'network:write', 'operations'] as const;

let api: TestApi;
let broken: TestApi;
let token: string;
const printed = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
  vi.spyOn(console, name).mockImplementation(() => undefined),
);

beforeAll(async () => {
  const database = await createTestDatabase();
  api = await createTestApi(database);
  // A value that does not fit its type is repeated in PostgreSQL's message.
  const ask = () => sql`select ${SECRETS.name}::text::integer`.execute(database.db) as Promise<never>;
  broken = await createTestApi(database, { decider: { ask } });
  token = await aToken(SCOPES, { administration: 'EU', client: 'client-of-the-tests' });
});
afterAll(() => {
  for (const spy of printed) spy.mockRestore();
});

async function send({ method = 'GET', url, type, body, headers }: Sent, { app }: TestApi, authorization: string) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const content = body === undefined ? {} : { 'content-type': type ?? 'application/json' };
  return app.inject({
    method,
    url,
    headers: { authorization, ...content, ...headers },
    ...(body !== undefined && { payload }),
  });
}

/** Forms in which a text may turn up: as it is, percent-encoded, as a form field, in JSON, normalised. */
function formsOf(secret: string): readonly string[] {
  const forms = [
    secret,
    encodeURIComponent(secret),
    secret.replaceAll(' ', '+'),
    JSON.stringify(secret).slice(1, -1),
    secret.replace(/[\s-]/g, ''),
    Buffer.from(secret).toString('base64url'),
  ];
  return [...new Set(forms.map((form) => form.toLowerCase()))];
}

function expectSilence(log: readonly Record<string, unknown>[], secrets: readonly string[]): void {
  const text = log
    .map((line) => JSON.stringify(line))
    .join('\n')
    .toLowerCase();
  for (const secret of secrets) {
    for (const form of formsOf(secret)) {
      const at = text.indexOf(form);
      expect(at === -1 ? '' : text.slice(Math.max(0, at - 200), at + 100), `${secret} as ${form}`).toBe('');
    }
  }
}

describe('the log', () => {
  test.each(REQUESTS)('has one line of $what: $status', async (sent) => {
    const before = api.log.length;
    const { statusCode, body } = await send(sent, api, `Bearer ${token}`);
    expect(statusCode, body).toBe(sent.status);
    const lines = api.log.slice(before).filter(({ msg }) => msg === 'request');
    expect(lines).toHaveLength(1);
    const [line = {}] = lines;
    expect(line).toMatchObject({ level: 30, status: statusCode, requestId: expect.any(String) });
    const isRouted = sent.status !== 405 && sent.status !== 414 && !/^an unknown|cannot be decoded/.test(sent.what);
    expect(line.operation).toEqual(isRouted ? expect.stringMatching(/^[a-z][A-Za-z]+$/) : expect.any(String));
    if (isRouted) expect(line.client).toBe('client-of-the-tests');
    if (statusCode >= 400) expect(line.outcome).toBe(JSON.parse(body).code);
    else expect(line).toHaveProperty('outcome');
    expect(line.durationMs).toBeGreaterThanOrEqual(0);
  });

  test('has no token, good or refused, wherever it was sent', async () => {
    const refused = `${token.slice(0, -8)}AAAAAAAA`;
    await send({ what: '', url: '/v1/benefits', status: 401 }, api, `Bearer ${refused}`);
    await send({ what: '', url: '/v1/benefits', status: 401 }, api, `Basic ${refused}`);
    await send({ what: '', url: `/v1/benefits?access_token=${refused}`, status: 400 }, api, `Bearer ${token}`);
    const parts = [token, refused].flatMap((it) => it.split('.').map((part) => part.slice(0, 40)));
    expectSilence(
      api.log,
      parts.filter((part) => part.length >= 20),
    );
    expect(api.log.slice(-3).map(({ status }) => status)).toEqual([401, 401, 400]);
  });

  test('tells a failure with its cause, but not the value that caused it', async () => {
    const asked = { what: 'a question', method: 'POST', url: '/v1/recognition', body: question, status: 500 } as const;
    const answer = await send(asked, broken, `Bearer ${token}`);
    expect(answer.statusCode).toBe(500);
    for (const form of formsOf(SECRETS.name)) expect(answer.body.toLowerCase()).not.toContain(form);
    expect(broken.log.find(({ msg }) => msg === 'request failed')).toMatchObject({
      level: 50,
      operation: 'askRecognition',
      err: { code: '22P02', stack: expect.stringContaining('at ') },
    });
    expectSilence(broken.log, Object.values(SECRETS));
  });

  test('does not repeat what is not HTTP', async () => {
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = api.app.server.address() as AddressInfo;
    await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.end(`GET /${SECRETS.number} HTTP/9.9\r\nx: ${token}\r\n\r\n`),
      );
      socket.resume().on('close', resolve);
    });
    expectSilence(api.log, [SECRETS.number, token]);
  });

  test('has no name, address, identifier, note or key of all that was sent', () => {
    expect(api.log.length).toBeGreaterThan(REQUESTS.length);
    expectSilence(api.log, [...Object.values(SECRETS), 'DEAEOF00SECRET2', 'SECRET']);
  });

  test('is all that is printed', () => {
    for (const spy of printed) expect(spy.mock.calls).toEqual([]);
  });
});
