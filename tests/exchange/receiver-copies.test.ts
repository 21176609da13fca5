import { EXCHANGE_ACTOR, endCommunication, putAside, type Rejected, writeCopies } from '@mra/exchange';
import { CanonicalRecord, Communicated } from '@mra/exchange-protocol';
import { record } from '@mra/registry';
import { beforeEach, describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { A, aRecord, B, numberOf, RECOGNISED, shareReceiver, since, UNKNOWN } from './receiver.ts';

/** What a snapshot says is written in sets, by the same way as events. */
const it = shareReceiver();

interface Line {
  readonly record: object;
  readonly seq?: number;
  readonly communicated?: object;
}

const write = (lines: readonly Line[]) =>
  record(it.exchange.db, EXCHANGE_ACTOR, async (recording) => {
    const network = await it.exchange.networks.current(recording.tx);
    const copies = lines.map(({ record: told, seq = 10, communicated }) => ({
      ...{ seq, agreement: 'eu-jp-2010', record: CanonicalRecord.parse(told) },
      communicated: Communicated.parse(communicated),
    }));
    return writeCopies(recording, network, it.jp.partner, copies);
  });
const outcomes = async (lines: readonly Line[]) =>
  (await write(lines)).map((result) => (result.outcome === 'refused' ? result.code : result.outcome));
const end = (numbers: readonly string[], seq = 11, from?: string) =>
  record(it.exchange.db, EXCHANGE_ACTOR, (recording) =>
    endCommunication(
      recording,
      it.jp.partner,
      numbers.map((number) => ({ programme: 'jp-aeo', number, seq, ...(from !== undefined && { from }) })),
    ),
  );
const heard = () =>
  it.receive([]).then(() => it.rows(`insert into synchronisation values ('JP', null, now(), now(), 5400)`));

describe('writeCopies', () => {
  beforeEach(() => heard());

  test('writes many at once, and the bad ones not', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => ({
      record: aRecord(numberOf(index), index % 100 === 7 ? { type: 'NONE' } : {}),
    }));
    const told = await outcomes(lines);
    expect(told.filter((outcome) => outcome === 'written')).toHaveLength(297);
    expect([told[7], await it.ask(numberOf(7)), await it.ask(numberOf(8))]).toEqual([
      'UNKNOWN_TYPE',
      UNKNOWN,
      RECOGNISED,
    ]);
  });

  test('the same again makes no new version', async () => {
    await write([{ record: aRecord(A) }]);
    const registry = await it.registry();
    expect(await outcomes([{ record: aRecord(A, { version: 2 }) }])).toEqual(['unchanged']);
    expect((await it.registry()).replaceAll(/"\(\d+,JP.*?\)"/g, '')).toBe(registry.replaceAll(/"\(\d+,JP.*?\)"/g, ''));
  });

  test('does nothing to a member who has had a later event', async () => {
    await write([{ record: aRecord(A, since('2024-06-03')), seq: 12 }]);
    expect(await outcomes([{ record: aRecord(A), seq: 10 }])).toEqual(['outdated']);
    expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
  });

  test('puts rows right that somebody changed by hand, at the same place in the stream', async () => {
    await write([{ record: aRecord(A, since('2024-06-03')) }]);
    await it.rows(`update membership_status set status = 'active'`);
    expect(await it.ask(A)).toBe(RECOGNISED);
    expect(await outcomes([{ record: aRecord(A, since('2024-06-03')) }])).toEqual(['written']);
    expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
    expect(await outcomes([{ record: aRecord(A, since('2024-06-03')) }])).toEqual(['unchanged']);
  });

  test('also the consent that was changed by hand', async () => {
    const communicated = { from: '2020-01-01', to: null };
    await write([{ record: aRecord(A), communicated }]);
    await it.rows(`delete from membership_consent where partners = '{}'`);
    await it.rows(`update membership_consent set valid = '[2010-01-01,2030-01-01)' where partners <> '{}'`);
    await write([{ record: aRecord(A), communicated }]);
    expect([await it.ask(A, '2019-06-01T00:00:00Z'), await it.ask(A, '2031-01-01T00:00:00Z')]).toEqual([
      UNKNOWN,
      RECOGNISED,
    ]);
  });

  test('ends the doubt about a member whom a snapshot could tell, and what was put aside is superseded', async () => {
    await it.receive([await it.jp.published(1, aRecord(A)), await it.jp.changed(2, aRecord(A, { type: 'NONE' }))]);
    expect(await it.ask(A)).toBe('indeterminate DATA_STALE');
    expect(await outcomes([{ record: aRecord(A) }])).toEqual(['unchanged']);
    expect(await it.ask(A)).toBe(RECOGNISED);
    expect(await it.rows('select state from quarantine')).toEqual([{ state: 'superseded' }]);
  });

  test('an identifier that moved from one member to the other, whichever line comes first', async () => {
    const with1 = { identifiers: [{ scheme: 'jp-corporate', value: '8990000000001' }] };
    await write([{ record: aRecord(A, with1) }]);
    expect(
      await outcomes([
        { record: aRecord(B, with1), seq: 11 },
        { record: aRecord(A), seq: 11 },
      ]),
    ).toEqual(['written', 'written']);
    expect(await it.ask('8990000000001')).toBe(RECOGNISED);
  });

  test('refuses the second of two lines about one member with one another’s number', async () => {
    const spaced = `${A.slice(0, 5)} ${A.slice(5)}`;
    expect(await outcomes([{ record: aRecord(A) }, { record: aRecord(spaced) }])).toEqual([
      'written',
      'NUMBER_OF_ANOTHER',
    ]);
  });

  test('takes over the members of a list', async () => {
    const line = { number: A, type: 'EXPORTER', validFrom: '2019-04-01', names: [{ name: 'Listed', kind: 'legal' }] };
    const listed = await it.api.app.inject({
      method: 'POST',
      url: '/v1/imports?programme=jp-aeo&mode=delta',
      headers: { ...(await as(['operations'])), 'content-type': 'application/x-ndjson' },
      payload: JSON.stringify({ ...line, consent: { given: true } }),
    });
    expect(listed.json()).toMatchObject({ created: 1 });
    expect(await outcomes([{ record: aRecord(A, since('2024-06-03')) }])).toEqual(['written']);
    expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
    expect((await end([A]))[0]?.outcome).toBe('ended');
    expect(await it.ask(A)).toBe(UNKNOWN);
  });
});

test('the two ways of making fingerprints make the same ones, whatever is in the rows', async () => {
  await heard();
  const odd = { issuingOffice: null, names: [], validFrom: '2020-01-01', communicated: null };
  const lines = [
    {
      record: aRecord(A, {
        ...odd,
        identifiers: [
          { scheme: 'jp-corporate', value: '８９９' },
          { scheme: 'lei', value: 'ñ&1' },
        ],
      }),
    },
    {
      record: aRecord(B, { ...since('2024-06-03'), roles: ['exporter', 'importer'] }),
      communicated: { from: '2020-01-01' },
    },
    { record: aRecord(numberOf(3)) },
  ];
  await write(lines);
  await end([numberOf(3)]);
  const both = await it.rows(
    `select c.fingerprint, f.fingerprint as again from copy c
       join copy_fingerprints(array(select id from membership)) f on f.membership_id = c.membership_id`,
  );
  expect(both).toHaveLength(3);
  for (const { fingerprint, again } of both) expect(fingerprint).toBe(again);
  expect(new Set(both.map(({ fingerprint }) => fingerprint)).size).toBe(3);
});

describe('endCommunication', () => {
  beforeEach(() => heard());

  test('makes members unknown from then on; their status stays as it was told', async () => {
    await write([{ record: aRecord(A) }, { record: aRecord(B) }]);
    expect((await end([A], 11, '2025-01-01T00:00:00.000Z')).map(({ outcome }) => outcome)).toEqual(['ended']);
    expect([await it.ask(A), await it.ask(A, '2024-12-31T23:59:59Z'), await it.ask(B)]).toEqual([
      UNKNOWN,
      RECOGNISED,
      RECOGNISED,
    ]);
    expect(await it.rows('select record, hash, communicated, seq from copy where record is null')).toEqual([
      { record: null, hash: null, communicated: null, seq: 11 },
    ]);
  });

  test('is done once, and not to those who have had a later word or are not held', async () => {
    await write([{ record: aRecord(A), seq: 20 }, { record: aRecord(B) }]);
    const told = [...(await end([A, B, numberOf(3)])), ...(await end([B], 12))];
    expect(told.map(({ outcome }) => outcome)).toEqual(['outdated', 'ended', 'not_held', 'ended']);
    expect(await it.rows('select max(version) from membership_record')).toEqual([{ max: 2 }]);
  });

  test('does not lie in the future, whatever the partner’s clock says', async () => {
    await write([{ record: aRecord(A) }]);
    await end([A], 11, '2099-01-01T00:00:00.000Z');
    expect(await it.ask(A)).toBe(UNKNOWN);
  });

  test('ends a member of a list, of whom no record was told', async () => {
    const line = { number: A, type: 'EXPORTER', validFrom: '2019-04-01', names: [{ name: 'Listed', kind: 'legal' }] };
    await it.api.app.inject({
      method: 'POST',
      url: '/v1/imports?programme=jp-aeo&mode=delta',
      headers: { ...(await as(['operations'])), 'content-type': 'application/x-ndjson' },
      payload: JSON.stringify(line),
    });
    expect(await it.ask(A)).toBe(RECOGNISED);
    expect((await end([A]))[0]?.outcome).toBe('ended');
    expect(await it.ask(A)).toBe(UNKNOWN);
  });
});

describe('putAside', () => {
  test('of a snapshot keeps a line as if an event had told it, once', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const rejected: Rejected = {
      origin: 'snapshot',
      set: {
        ...{
          issuer: it.jp.partner.issuer,
          audience: [],
          jti: '',
          iat: '2026-11-22T09:00:00.000Z',
          toe: null,
          txn: null,
        },
        ...{ subject: { format: 'opaque' }, alg: 'EdDSA', kid: null },
        eventType: 'urn:aeo-mra:event:membership-published',
        payload: { agreement: 'eu-jp-2010', record: aRecord(A, { type: 'NONE' }) },
      },
      ...{ seq: 7, member: { programme: 'jp-aeo', number: A }, code: 'UNKNOWN_TYPE', errors: [], isOver: false },
    };
    for (let times = 0; times < 2; times += 1) {
      await record(it.exchange.db, EXCHANGE_ACTOR, (recording) =>
        putAside(recording, it.jp.partner, [rejected, rejected]),
      );
    }
    expect(await it.rows('select origin, seq, jti, state from quarantine')).toEqual([
      { origin: 'snapshot', seq: 7, jti: null, state: 'open' },
    ]);
    expect(await it.ask(A)).toBe('indeterminate DATA_STALE');
  });
});
