import { describe, expect, test } from 'vitest';
import { A, aRecord, B, numberOf, period, RECOGNISED, STALE, shareReceiver } from '../../exchange/receiver.ts';
import { as } from '../../support/api.ts';

const it = shareReceiver();

const send = async (method: 'GET' | 'POST', url: string, payload?: object, headers: Record<string, string> = {}) =>
  it.api.app.inject({
    method,
    url: `/v1/quarantine${url}`,
    headers: { ...(await as(['operations'], undefined, { client: 'desk' })), ...headers },
    ...(payload && { payload }),
  });
const list = async (query = '') => (await send('GET', query)).json();
/** One event about a member, bad because of its type, after a good one. */
const putAside = async (): Promise<string> => {
  await it.receive([await it.jp.published(1, aRecord(A))]);
  const forwarder = { ...period('suspended', '2024-06-03'), type: 'FORWARDER', component: 'FORWARDER' };
  const statuses = [period('active', '2019-04-01', '2024-06-03'), forwarder];
  await it.receive([await it.jp.changed(2, aRecord(A, { type: 'FORWARDER', statuses }))]);
  return (await list()).data[0].id;
};
/** As if the programme had had the type all the time. */
const knowForwarders = (known: boolean) =>
  it.rows(
    known
      ? `update programme set types = types || '[{"code": "FORWARDER", "name": "F", "components": ["FORWARDER"], "securityComponent": null,
                                                "validatedOnSite": null, "recognisable": "yes", "basis": "test"}]'
          where id = 'jp-aeo'`
      : `update programme set types = types - (jsonb_array_length(types) - 1) where id = 'jp-aeo'`,
  );

describe('GET /v1/quarantine', () => {
  test('200: what was put aside, with reasons and without contents', async () => {
    const id = await putAside();
    expect(await list()).toEqual({
      data: [
        {
          ...{
            id,
            partner: 'JP',
            origin: 'event',
            sequence: 2,
            jti: expect.any(String),
            programme: 'jp-aeo',
            number: A,
          },
          code: 'UNKNOWN_TYPE',
          errors: [
            { pointer: '/record/type', detail: 'is not known of this programme' },
            { pointer: '/record/statuses/1/type', detail: 'is not known of this programme' },
          ],
          ...{ receivedAt: expect.stringMatching(/Z$/), state: 'open', decidedAt: null, decidedBy: null, reason: null },
        },
      ],
      nextCursor: null,
    });
  });

  test('200: filtered, and page by page', async () => {
    const bad = (index: number) => it.jp.published(index, aRecord(numberOf(index), { type: 'NONE' }));
    await it.receive([await bad(1), await bad(2), await bad(3)]);
    await it.receive([await it.us.published(1, aRecord(A))], it.us);
    const numbers = async (query: string) => (await list(query)).data.map(({ number }: { number: string }) => number);
    expect(await numbers('?partner=US')).toEqual([A]);
    expect(await numbers('?code=ACCESS_DENIED')).toEqual([A]);
    expect(await numbers('?state=discarded')).toEqual([]);
    const first = await list('?partner=JP&limit=2');
    expect(first.data.map(({ number }: { number: string }) => number)).toEqual([numberOf(1), numberOf(2)]);
    expect(await numbers(`?partner=JP&limit=2&cursor=${first.nextCursor}`)).toEqual([numberOf(3)]);
  });

  test.each([
    '?partner=Japan',
    '?state=closed',
    '?code=BAD',
    '?limit=0',
    '?cursor=x',
    `?cursor=${Buffer.from('["quarantine","x"]').toString('base64url')}`,
    '?partnr=JP',
  ])('400: %s', async (query) => {
    expect((await send('GET', query)).json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });
});

describe('GET /v1/quarantine/{id}', () => {
  test('200: with what was received', async () => {
    const id = await putAside();
    const { content, ...entry } = (await send('GET', `/${id}`)).json();
    expect(entry).toEqual((await list()).data[0]);
    expect(content).toMatchObject({
      eventType: 'urn:aeo-mra:event:status-changed',
      payload: { seq: 2, agreement: 'eu-jp-2010', record: { number: A, type: 'FORWARDER' } },
    });
  });

  test('404: none of that id', async () => {
    expect((await send('GET', '/999999')).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  test.each(['0', '-1', 'x', '1e3', '9999999999999999'])('400: %s is no id', async (id) => {
    expect((await send('GET', `/${id}`)).json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });
});

describe('POST /v1/quarantine/{id}/retry', () => {
  test('200: what the network knows by now is applied, by the way of every event', async () => {
    const id = await putAside();
    expect(await it.ask(A)).toBe(STALE);
    await knowForwarders(true);
    try {
      // A version of the network never changes, except by hand.
      await it.rows(`select append_change(now_in_milliseconds(), 'tests', null, 'programme', 'jp-aeo', true, '{}')`);
      const answer = await send('POST', `/${id}/retry`);
      expect([answer.statusCode, answer.json().state, answer.json().decidedBy]).toEqual([200, 'applied', 'desk']);
      expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
      expect(await it.rows('select seq from copy')).toEqual([{ seq: 2 }]);
      expect(await it.rows('select from membership_doubt where upper_inf(known)')).toEqual([]);
    } finally {
      await knowForwarders(false);
      await it.rows(`select append_change(now_in_milliseconds(), 'tests', null, 'programme', 'jp-aeo', true, '{}')`);
    }
  });

  test('200: what is as bad as before stays open, and its member in doubt', async () => {
    const id = await putAside();
    const registry = await it.registry();
    const answer = await send('POST', `/${id}/retry`);
    expect(answer.json()).toMatchObject({ id, state: 'open', code: 'UNKNOWN_TYPE', decidedAt: null });
    expect([await it.registry(), await it.ask(A)]).toEqual([registry, STALE]);
  });

  test('200: what stood in the way may be gone by now', async () => {
    const identifiers = [{ scheme: 'jp-corporate', value: '8990000000001' }];
    await it.receive([await it.jp.published(1, aRecord(A, { identifiers }))]);
    await it.receive([await it.jp.published(2, aRecord(B, { identifiers }))]);
    const [{ id }] = (await list()).data;
    await it.receive([await it.jp.changed(3, aRecord(A, { identifiers: [] }))]);
    expect((await send('POST', `/${id}/retry`)).json()).toMatchObject({ state: 'applied', number: B });
    expect(await it.ask('8990000000001')).toBe(RECOGNISED);
  });

  test('200: nothing is done to a member who has had a later event', async () => {
    const id = await putAside();
    await it.rows(`update copy set seq = 9`);
    const facts = () =>
      it.rows('select t::text from membership_record t union all select t::text from membership_status t');
    const before = await facts();
    expect((await send('POST', `/${id}/retry`)).json()).toMatchObject({ state: 'superseded' });
    expect([await facts(), await it.ask(A)]).toEqual([before, RECOGNISED]);
  });

  test('200: the end of a communication is tried like anything else', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    await it.receive([await it.jp.ended(2, A, { payload: { agreement: 'NOT AN AGREEMENT' } })]);
    const [{ id }] = (await list()).data;
    expect((await send('POST', `/${id}/retry`)).json()).toMatchObject({ state: 'open', code: 'SCHEMA_INVALID' });
    await it.rows(`update quarantine set content = jsonb_set(content, '{payload,agreement}', '"eu-jp-2010"')`);
    expect((await send('POST', `/${id}/retry`)).json()).toMatchObject({ state: 'applied' });
    expect(await it.ask(A)).toBe('not_recognised UNKNOWN_TRADER');
  });

  test('does not count as having heard the partner', async () => {
    const id = await putAside();
    await it.rows(`update synchronisation set synchronised_at = now() - interval '2 hours'`);
    await it.rows(`update quarantine set content = replace(content::text, 'FORWARDER', 'EXPORTER')::jsonb`);
    expect((await send('POST', `/${id}/retry`)).json()).toMatchObject({ state: 'applied' });
    expect(await it.rows('select count(*) from synchronisation')).toEqual([{ count: 1 }]);
  });

  test('200: done once with an idempotency key', async () => {
    const id = await putAside();
    const key = { 'idempotency-key': 'retry-1' };
    const first = await send('POST', `/${id}/retry`, undefined, key);
    await it.rows(`update quarantine set code = 'LIFE_CYCLE'`);
    expect((await send('POST', `/${id}/retry`, undefined, key)).json()).toEqual(first.json());
    expect((await send('POST', `/${id}/discard`, { reason: 'x' }, key)).json().code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('404 and 409', async () => {
    expect((await send('POST', '/999999/retry')).statusCode).toBe(404);
    const id = await putAside();
    await send('POST', `/${id}/discard`, { reason: 'sent in error' });
    const answer = await send('POST', `/${id}/retry`);
    expect(answer.json()).toMatchObject({ status: 409, detail: 'The record is discarded already.' });
  });
});

describe('of a partner that is registered no longer', () => {
  test('409 to a retry; it can be discarded', async () => {
    const id = await putAside();
    await it.rows(`update partner set is_registered = false where code = 'JP'`);
    try {
      const answer = await send('POST', `/${id}/retry`);
      expect(answer.json()).toMatchObject({ status: 409, detail: 'Its partner is registered no longer.' });
      expect((await send('POST', `/${id}/discard`, { reason: 'x' })).statusCode).toBe(200);
    } finally {
      await it.rows(`update partner set is_registered = true where code = 'JP'`);
    }
  });
});

describe('POST /v1/quarantine/{id}/discard', () => {
  test('200: with its reason; the copy stays as it is and is no longer in doubt', async () => {
    const id = await putAside();
    expect(await it.ask(A)).toBe(STALE);
    const answer = await send('POST', `/${id}/discard`, { reason: 'Sent in error.' });
    expect(answer.json()).toMatchObject({ state: 'discarded', reason: 'Sent in error.', decidedBy: 'desk' });
    expect(await it.ask(A)).toBe(RECOGNISED);
  });

  test('200: the doubt stays while something else about the member is open', async () => {
    const id = await putAside();
    await it.receive([
      await it.jp.changed(
        3,
        aRecord(A, { statuses: [period('revoked', '2020-01-01', '2021-01-01'), period('active', '2021-01-01')] }),
      ),
    ]);
    await send('POST', `/${id}/discard`, { reason: 'x' });
    expect(await it.ask(A)).toBe(STALE);
    const [{ id: other }] = (await list('?state=open')).data;
    await send('POST', `/${other}/discard`, { reason: 'x' });
    expect(await it.ask(A)).toBe(RECOGNISED);
  });

  test.each([{}, { reason: '' }, { reason: 7 }, { reason: 'x', because: 'y' }])('400: %j', async (body) => {
    const id = await putAside();
    expect((await send('POST', `/${id}/discard`, body)).json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
    });
    expect((await list()).data[0].state).toBe('open');
  });

  test('404 and 409', async () => {
    expect((await send('POST', '/999999/discard', { reason: 'x' })).statusCode).toBe(404);
    const id = await putAside();
    await it.receive([await it.jp.changed(3, aRecord(A))]);
    const answer = await send('POST', `/${id}/discard`, { reason: 'x' });
    expect(answer.json()).toMatchObject({ status: 409, code: 'CONFLICT', detail: 'The record is superseded already.' });
  });
});
