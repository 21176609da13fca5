import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { as, createTestApi } from '../support/api.ts';
import { aTransmitter, STREAMS, type Transmitter, UNKNOWN } from './transmitter.ts';

/** OpenID Shared Signals Framework 1.0 section 8: who may call what, and reaches which streams. */

let eu: Transmitter;
beforeAll(async () => {
  eu = await aTransmitter();
});
beforeEach(() => eu.clear());

describe('8. Access', () => {
  const CALLS = [
    ['POST', STREAMS, {}],
    ['GET', STREAMS, undefined],
    ['GET', `${STREAMS}?stream_id={id}`, undefined],
    ['PATCH', STREAMS, { stream_id: '{id}' }],
    ['PUT', STREAMS, { stream_id: '{id}' }],
    ['GET', `${STREAMS}/status?stream_id={id}`, undefined],
    ['POST', `${STREAMS}/status`, { stream_id: '{id}', status: 'paused' }],
    ['POST', `${STREAMS}/verify`, { stream_id: '{id}' }],
    ['POST', `${STREAMS}/replay`, { stream_id: '{id}', from: 1 }],
    ['POST', `${STREAMS}/{id}/poll`, { returnImmediately: true }],
    ['DELETE', `${STREAMS}?stream_id={id}`, undefined],
  ] as const;
  const filled = (id: string, value: unknown) => value && JSON.parse(JSON.stringify(value).replaceAll('{id}', id));

  test.each(CALLS)('%s %s: 401 with the scheme to everybody without a valid token', async (method, url, payload) => {
    const { stream_id } = await eu.stream();
    for (const authorization of [undefined, 'Bearer a.b.c', 'Basic dXNlcjpwYXNzd29yZA==']) {
      const answer = await eu.api.app.inject({
        method,
        url: url.replace('{id}', stream_id),
        ...(payload !== undefined && { payload: filled(stream_id, payload) }),
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  test('a token in the query string is none (OIDSSFStreamControlNegativeTestReadStreamWithTokenInUriQuery)', async () => {
    const { authorization } = await tokenOf('JP');
    const answer = await eu.api.app.inject(`${STREAMS}?access_token=${authorization.slice('Bearer '.length)}`);
    expect(answer.statusCode).toBe(401);
  });

  test.each(CALLS.slice(2))('%s %s: a partner reaches no stream of another', async (method, url, payload) => {
    const { stream_id } = await eu.stream();
    const before = await eu.database.asOwner('select * from stream');
    const told = [];
    for (const id of [stream_id, UNKNOWN]) {
      const answer = await eu.call(method, url.replace('{id}', id), filled(id, payload), { administration: 'US' });
      expect(answer.statusCode).toBe(404);
      told.push({ ...answer.json(), instance: null });
    }
    expect(told[0]).toEqual(told[1]);
    expect((await eu.database.asOwner('select * from stream')).rows).toEqual(before.rows);
  });

  test.each(CALLS)('%s %s: 403 to who is no partner, with whatever stream', async (method, url, payload) => {
    const { stream_id } = await eu.stream();
    for (const administration of ['CH', null]) {
      for (const id of [stream_id, UNKNOWN]) {
        const answer = await eu.call(method, url.replace('{id}', id), filled(id, payload), { administration });
        expect(answer.json()).toMatchObject({ status: 403, code: 'WRONG_ADMINISTRATION' });
      }
    }
  });

  test.each(CALLS)('%s %s: 403 to a partner whose token lacks the scope', async (method, url, payload) => {
    const { stream_id } = await eu.stream();
    const scopes = ['registry:read', 'registry:write', 'operations'] as const;
    const answer = await eu.call(method, url.replace('{id}', stream_id), filled(stream_id, payload), { scopes });
    expect(answer.json()).toMatchObject({ status: 403, code: 'INSUFFICIENT_SCOPE' });
  });

  test.each(CALLS)('%s %s: 403 where there are no partners', async (method, url, payload) => {
    const { app } = await createTestApi(eu.database);
    const answer = await app.inject({
      method,
      url: url.replace('{id}', UNKNOWN),
      headers: await tokenOf('JP'),
      ...(payload !== undefined && { payload: filled(UNKNOWN, payload) }),
    });
    expect(answer.statusCode).toBe(403);
  });
});

const tokenOf = (administration: string) => as(['exchange', 'registry:write'], administration);
