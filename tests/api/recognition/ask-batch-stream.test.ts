import { setTimeout as delay } from 'node:timers/promises';
import { createDecider } from '@mra/registry';
import { beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { openPost, postParts } from '../../support/ndjson.ts';

let api: TestApi;
let headers: { authorization: string };
let url: string;
/** Questions that have been answered. */
let asked = 0;
beforeAll(async () => {
  const database = await createTestDatabase({ demo: true });
  const decider = createDecider(database.db, database.networks);
  api = await createTestApi(database, {
    decider: {
      ask: (questions, audience) => {
        asked += questions.length;
        return decider.ask(questions, audience);
      },
    },
  });
  headers = await as(['recognition:read']);
  url = `${await api.app.listen({ port: 0, host: '127.0.0.1' })}/v1/recognition/batch`;
});

const GOOD = { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter', at: '2026-11-22T09:00:00Z' };
const line = (changes: object = {}) => `${JSON.stringify({ ...GOOD, ...changes })}\n`;
const outcomes = (lines: unknown[]) =>
  (lines as { outcome: string; reason?: string; errors?: { detail: string }[] }[]).map(
    ({ outcome, reason, errors }) => reason ?? `${outcome}: ${errors?.[0]?.detail}`,
  );

/** Waits until nothing more is asked for half a second. */
async function quiet(): Promise<number> {
  for (let before = -1; before !== asked; ) {
    before = asked;
    await delay(500);
  }
  return asked;
}

describe('200', () => {
  test('one answer a line, in question order, as NDJSON', async () => {
    const {
      status,
      headers: head,
      lines,
    } = await postParts(url, headers, [
      line() + line({ identifier: 'DEAEOC00012346' }),
      line({ identifier: 'NOBODY1' }),
    ]);
    expect(status).toBe(200);
    expect(head['content-type']).toBe('application/x-ndjson');
    expect(head['x-request-id']).toBeDefined();
    expect(outcomes(lines)).toEqual(['RECOGNISED', 'TYPE_NOT_COVERED', 'UNKNOWN_TRADER']);
  });

  test('the first answer comes before the last question is sent', async () => {
    const post = openPost(url, headers);
    await post.write(line());
    const response = await post.response;
    const answers = response.setEncoding('utf8')[Symbol.asyncIterator]();
    expect(JSON.parse((await answers.next()).value as string).outcome).toBe('recognised');
    await post.write(line({ identifier: 'DEAEOC00012346' }));
    expect(JSON.parse((await answers.next()).value as string).reason).toBe('TYPE_NOT_COVERED');
    post.end();
    expect((await answers.next()).done).toBe(true);
  });

  test('blank lines, CRLF, a byte order mark, a last line without an end, text split within a character', async () => {
    const named = Buffer.from(line({ name: 'Grüße 株式会社' }));
    const cut = named.indexOf(Buffer.from('株')) + 1;
    const { lines } = await postParts(url, headers, [
      `\uFEFF${line()}`,
      '\n',
      '\r\n',
      '  \t\n',
      line().replace('\n', '\r\n'),
      named.subarray(0, cut),
      named.subarray(cut),
      line({ identifier: 'NOBODY1' }).trim(),
    ]);
    expect(outcomes(lines)).toEqual(['RECOGNISED', 'RECOGNISED', 'RECOGNISED', 'UNKNOWN_TRADER']);
    expect((lines[2] as { question: { name: string } }).question.name).toBe('Grüße 株式会社');
  });

  test('a bad line gets its own answer and never fails its neighbours', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}\n`;
    const long = line({ name: 'x'.repeat(70_000) });
    const { lines } = await postParts(url, headers, [
      line(),
      '{"recogniser": \n',
      line({ att: 1 }),
      'null\n',
      deep,
      line(),
      long.slice(0, 60_000),
      long.slice(60_000),
      line({ name: 'é'.repeat(40_000) }),
      line(),
      `${'y'.repeat(200_000)}`,
    ]);
    expect(outcomes(lines)).toEqual([
      'RECOGNISED',
      'invalid: is not JSON',
      'invalid: is not a known field',
      'invalid: must be an object',
      'invalid: must be an object',
      'RECOGNISED',
      'invalid: is longer than 65536 bytes',
      'invalid: is longer than 65536 bytes',
      'RECOGNISED',
      'invalid: is longer than 65536 bytes',
    ]);
  });

  test('a line that is not UTF-8 is invalid, wherever it is cut, and its neighbours are not', async () => {
    const [before = '', after = ''] = line({ identifier: 'NOBODY1', name: 'cut' }).split('cut');
    const spoilt = (...bytes: number[]) => Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    const parts = [
      line(),
      spoilt(0xff, 0xfe),
      line(),
      spoilt(0xc3, 0x28),
      line({ name: '\ufffd' }),
      spoilt(0xe6, 0xa0),
    ];
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const cuts = [bytes.indexOf(0xff) + 1, bytes.indexOf(0xc3) + 1, bytes.length - 2];
    const expected = [
      'RECOGNISED',
      'invalid: is not UTF-8',
      'RECOGNISED',
      'invalid: is not UTF-8',
      'RECOGNISED',
      'invalid: is not UTF-8',
    ];
    expect(outcomes((await postParts(url, headers, [bytes])).lines)).toEqual(expected);
    const pieces = [0, ...cuts].map((cut, index) => bytes.subarray(cut, cuts[index]));
    expect(outcomes((await postParts(url, headers, pieces)).lines)).toEqual(expected);
    const unfinished = [line(), Buffer.from([0xc3])];
    expect(outcomes((await postParts(url, headers, unfinished)).lines)).toEqual([
      'RECOGNISED',
      'invalid: is not UTF-8',
    ]);
  });

  test('a line tells what its schema and what the network refuses, at once', async () => {
    const { lines } = await postParts(url, headers, [line({ recogniser: 'XX', role: 'boss' })]);
    const [{ errors } = { errors: [] }] = lines as { errors: { pointer: string }[] }[];
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/role', '/recogniser']);
  });

  test('no question, no answer', async () => {
    expect(await postParts(url, headers, ['\n'])).toMatchObject({ status: 200, lines: [] });
  });

  test('more than the limit of a JSON batch, in questions and in bytes', async () => {
    const post = openPost(url, headers);
    const block = line({ identifier: 'NOBODY1', name: '株'.repeat(290) }).repeat(1000);
    const blocks = Math.ceil((17 * 1_048_576) / Buffer.byteLength(block));
    const writing = (async () => {
      for (let index = 0; index < blocks; index += 1) await post.write(block);
      post.end();
    })();
    let answers = 0;
    for await (const piece of await post.response) for (const byte of piece as Buffer) if (byte === 10) answers += 1;
    await writing;
    expect(answers).toBe(blocks * 1000);
    expect(answers).toBeGreaterThan(10_000);
  });

  test('a reader who stops reading stops the work; what is held stays bounded', async () => {
    const all = 200_000;
    const start = asked;
    const post = openPost(url, headers);
    const block = line().repeat(1000);
    let sent = 0;
    const writing = (async () => {
      while (sent < all && !post.request.destroyed) {
        await post.write(block);
        sent += 1000;
      }
    })();
    const response = await post.response;
    // Nothing is read: the buffers of both ends fill, then nothing more is taken from the request.
    const consumed = (await quiet()) - start;
    expect(consumed).toBeGreaterThan(0);
    expect(consumed).toBeLessThan(all / 10);
    expect(sent).toBeLessThan(all);
    // A reader who goes on gets more.
    let bytes = 0;
    for await (const piece of response) {
      bytes += (piece as Buffer).length;
      if (bytes > 40_000_000) break;
    }
    expect(asked - start).toBeGreaterThan(consumed);
    post.request.destroy();
    await writing;
  });

  test('a client that goes away stops the work', async () => {
    const post = openPost(url, headers);
    const start = asked;
    const writing = (async () => {
      while (!post.request.destroyed) await post.write(line().repeat(500));
    })();
    const response = await post.response;
    for await (const piece of response) {
      if ((piece as Buffer).length > 0 && asked - start > 2000) break;
    }
    post.request.destroy();
    await writing;
    const after = await quiet();
    await delay(500);
    expect(asked).toBe(after);
    // Nothing is broken by it, and it is no failure of the service.
    expect((await postParts(url, headers, [line()])).lines).toHaveLength(1);
    expect(api.log.filter(({ level }) => (level as number) >= 50)).toEqual([]);
  });
});
