import type { CryptoKey } from 'jose';
import { describe, expect, test } from 'vitest';
import { A, aRecord, B, period, RECOGNISED, STALE, shareReceiver, UNKNOWN } from './receiver.ts';

/** What is wrong with a record and puts it aside, and what is odd with one and does not. */

const it = shareReceiver();

/** What was logged since members were last removed. */
const LOGGED = `
  select c.administration, c.payload from change_log c
   where c.subject = 'membership' and c.recorded_at >= (select min(lower(known)) from membership_record)`;

type Change = Readonly<Record<string, unknown>>;
interface Bad {
  readonly code: string;
  readonly record: Change;
  readonly pointer: string;
  /** Beside the record. */
  readonly payload?: Change;
}

const schema = (record: Change, pointer: string): Bad => ({ code: 'SCHEMA_INVALID', record, pointer });
const PAYLOAD = '/events/urn:aeo-mra:event:membership-published';

const BAD: Readonly<Record<string, Bad>> = {
  'an unknown type': { code: 'UNKNOWN_TYPE', record: { type: 'FORWARDER' }, pointer: '/record/type' },
  'a type of another programme': { code: 'UNKNOWN_TYPE', record: { type: 'AEOF' }, pointer: '/record/type' },
  'another type than that of its statuses': {
    code: 'UNKNOWN_TYPE',
    record: { type: 'MANUFACTURER' },
    pointer: '/record/type',
  },
  'an unknown type in a period': {
    code: 'UNKNOWN_TYPE',
    record: { statuses: [{ ...period('active', '2019-04-01'), type: 'FORWARDER' }] },
    pointer: '/record/statuses/0/type',
  },
  'a component that its type does not have': {
    code: 'UNKNOWN_TYPE',
    record: { statuses: [{ ...period('active', '2019-04-01'), component: 'IMPORTER' }] },
    pointer: '/record/statuses/0/component',
  },
  'an unknown status': schema(
    { statuses: [period('on_holiday', '2019-04-01')] },
    `${PAYLOAD}/record/statuses/0/status`,
  ),
  'a day that does not exist': schema({ validFrom: '2026-02-30' }, `${PAYLOAD}/record/validFrom`),
  'a date before dates': schema({ validFrom: '0000-01-01' }, `${PAYLOAD}/record/validFrom`),
  'a date that is none': schema({ statuses: [period('active', 'last spring')] }, `${PAYLOAD}/record/statuses/0/from`),
  'a period that ends before it begins': schema(
    { statuses: [period('active', '2020-01-01', '2019-01-01')] },
    `${PAYLOAD}/record/statuses/0/to`,
  ),
  'a period without a beginning': schema({ statuses: [period('active', null)] }, '/record/statuses/0/from'),
  'an end before its start': schema({ validFrom: '2020-01-01', validTo: '2019-06-01' }, '/record/validTo'),
  'no period of status at all': schema({ statuses: [] }, `${PAYLOAD}/record/statuses`),
  'a megabyte of name': schema(
    { names: [{ name: 'x'.repeat(1_000_000), kind: 'legal' }] },
    `${PAYLOAD}/record/names/0/name`,
  ),
  'NUL in a name, which no database can hold': schema(
    { names: [{ name: 'Mihon\u0000Kaiun', kind: 'legal' }] },
    `${PAYLOAD}/record/names/0/name`,
  ),
  'half a character in a name': schema(
    { names: [{ name: 'Mihon \ud83d Kaiun', kind: 'legal' }] },
    `${PAYLOAD}/record/names/0/name`,
  ),
  'an identifier of blanks': schema(
    { identifiers: [{ scheme: 'jp-corporate', value: ' - ' }] },
    '/record/identifiers/0/value',
  ),
  'too many identifiers': schema(
    { identifiers: Array.from({ length: 201 }, (_, index) => ({ scheme: 'lei', value: `X${index}` })) },
    `${PAYLOAD}/record/identifiers`,
  ),
  'a text where a list should be': schema({ statuses: 'active' }, `${PAYLOAD}/record/statuses`),
  'two statuses of one component at one time': {
    code: 'PERIODS_OVERLAP',
    record: { statuses: [period('active', '2019-04-01'), period('suspended', '2024-01-01')] },
    pointer: '/record/statuses/1',
  },
  'active after it was revoked': {
    code: 'LIFE_CYCLE',
    record: { statuses: [period('revoked', '2020-01-01', '2021-01-01'), period('active', '2021-01-01')] },
    pointer: '/record/statuses/1',
  },
  'annulled after it was active, though void from the beginning': {
    code: 'LIFE_CYCLE',
    record: { statuses: [period('active', '2019-04-01', '2020-01-01'), period('annulled', '2020-01-01')] },
    pointer: '/record/statuses/1',
  },
  'an agreement that nobody knows': {
    code: 'UNKNOWN_AGREEMENT',
    record: {},
    payload: { agreement: 'jp-atlantis-2030' },
    pointer: '/agreement',
  },
  'an agreement of the partner with others': {
    code: 'UNKNOWN_AGREEMENT',
    record: {},
    payload: { agreement: 'us-jp-2009' },
    pointer: '/agreement',
  },
  'an agreement of ours with others': {
    code: 'UNKNOWN_AGREEMENT',
    record: {},
    payload: { agreement: 'eu-us-2012' },
    pointer: '/agreement',
  },
};

describe('a record that is bad', () => {
  test.each(Object.keys(BAD))('for %s is put aside with its reason, and stops nobody else', async (name) => {
    const { code, record, pointer, payload = {} } = BAD[name] as Bad;
    const bad = await it.jp.published(1, aRecord(A, record), { payload });
    expect(await it.outcomes([bad, await it.jp.published(2, aRecord(B))])).toEqual(['invalid_request', 'accepted']);
    expect([await it.ask(A), await it.ask(B)]).toEqual([UNKNOWN, RECOGNISED]);
    const [entry, ...others] = await it.rows('select * from quarantine');
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ partner: 'JP', origin: 'event', seq: 1, jti: bad.jti, code, state: 'open' });
    const errors = expect.arrayContaining([expect.objectContaining({ pointer })]);
    expect(entry).toMatchObject({ programme: 'jp-aeo', number: A, errors });
    expect((await it.stream()).last_applied).toBe(2);
  });

  test('leaves the copy as it was, and in doubt', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const parts = ['membership_record', 'membership_status', 'membership_identifier', 'membership_consent', 'copy'];
    const state = () => Promise.all(parts.map((part) => it.rows(`select t::text from ${part} t order by 1`)));
    const before = await state();
    await it.receive([await it.jp.changed(2, aRecord(A, { type: 'FORWARDER' }))]);
    expect(await state()).toEqual(before);
    expect(await it.ask(A)).toBe(STALE);
  });

  test('with brackets a hundred thousand deep is kept as far as anybody could read it', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const { compact } = await it.jp.published(1, aRecord(A, { type: 'FORWARDER', extra: '@' }));
    const [header, payload = ''] = compact.split('.');
    const text = Buffer.from(payload, 'base64url').toString().replace('"@"', deep);
    const key = await it.partners.JP?.keys.signingKey();
    const signed = await sign(`${header}.${Buffer.from(text).toString('base64url')}`, key?.key as CryptoKey);
    expect(await it.outcomes([{ compact: signed }, await it.jp.published(2, aRecord(B))])).toEqual([
      'invalid_request',
      'accepted',
    ]);
    expect(await it.rows('select code from quarantine')).toEqual([{ code: 'UNKNOWN_TYPE' }]);
  });

  test('and comes again as another event changes the entry that is open', async () => {
    for (const seq of [1, 2, 3]) await it.receive([await it.jp.published(seq, aRecord(A, { type: 'FORWARDER' }))]);
    expect(await it.rows('select seq, state from quarantine')).toEqual([{ seq: 3, state: 'open' }]);
  });

  test('tells the partner no value of it', async () => {
    const pushed = await it.push((await it.jp.published(1, aRecord(A, { type: 'FORWARDER' }))).compact);
    expect(pushed.json()).toEqual({
      err: 'invalid_request',
      description: 'The record cannot be applied: UNKNOWN_TYPE.',
    });
  });
});

async function sign(input: string, key: CryptoKey): Promise<string> {
  const seal = await crypto.subtle.sign('Ed25519', key, new TextEncoder().encode(input));
  return `${input}.${Buffer.from(seal).toString('base64url')}`;
}

describe('a record that is odd and accepted', () => {
  test('with a failed check digit: a warning, told to operations without the number', async () => {
    const identifiers = [{ scheme: 'jp-corporate', value: '1234567890123' }];
    expect(await it.outcomes([await it.jp.published(1, aRecord(A, { identifiers }))])).toEqual(['accepted']);
    expect(await it.ask('1234567890123')).toBe(RECOGNISED);
    const reports = await it.rows('select kind, detail from exchange_report');
    expect(reports).toEqual([
      {
        kind: 'record_warned',
        detail: {
          records: 1,
          first: [
            {
              programme: 'jp-aeo',
              number: A,
              seq: 1,
              warnings: [
                { code: 'CHECK_DIGIT', pointer: '/record/identifiers/0/value', detail: 'has a wrong check digit' },
              ],
            },
          ],
        },
      },
    ]);
    expect(JSON.stringify(it.log)).not.toContain('1234567890123');
  });

  test.each([
    ['fields that nobody knows', { shoeSize: 43, names: [{ name: 'Mihon', kind: 'legal', pronounced: 'mee-hon' }] }],
    ['an identifier of a scheme that nobody knows', { identifiers: [{ scheme: 'jp-guild', value: 'G-17' }] }],
    ['no names, where the agreement sends none', { names: [] }],
    ['the same period twice', { statuses: [period('active', '2019-04-01'), period('active', '2019-04-01')] }],
    [
      'a gap in its periods',
      { statuses: [period('active', '2019-04-01', '2020-01-01'), period('active', '2021-01-01')] },
    ],
    ['no dates but the start of its status', { validFrom: null, validTo: null, validatedOn: null }],
  ])('with %s', async (_, changes) => {
    expect(await it.outcomes([await it.jp.published(1, aRecord(A, changes))])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(RECOGNISED);
  });

  test('the same as before makes no new version; only its place in the stream is noted', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    await it.receive([
      await it.jp.event('recordCorrected', { seq: 2, agreement: 'eu-jp-2010', record: aRecord(A, { version: 9 }) }),
    ]);
    expect(await it.rows('select version from membership_record')).toEqual([{ version: 1 }]);
    expect(await it.rows('select seq from copy')).toEqual([{ seq: 2 }]);
    expect(await it.rows(LOGGED)).toHaveLength(1);
  });

  test('what the log says is enough to know what was told', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const [entry] = await it.rows(LOGGED);
    expect(entry).toMatchObject({
      administration: 'JP',
      payload: {
        ...{ programme: 'jp-aeo', number: A, source: 'JP' },
        record: {
          statuses: [{ component: 'EXPORTER', status: 'active', valid: '[2019-04-01T00:00:00.000Z,)' }],
          consents: [{ scope: 'none', partners: ['EU'], valid: '[,)' }],
        },
      },
    });
  });
});
