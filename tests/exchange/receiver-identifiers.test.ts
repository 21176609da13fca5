import { describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { A, aRecord, B, NOT_ACTIVE, RECOGNISED, STALE, shareReceiver, since, UNKNOWN } from './receiver.ts';

/** No two members have one identifier at a time, or numbers that a question cannot tell apart. */

const it = shareReceiver();

/** With a true check digit. */
const CORPORATE = [
  { scheme: 'jp-corporate', value: '8990000000001' },
  { scheme: 'jp-corporate', value: '7990000000002' },
];
const corporate = (index: 0 | 1, changes: object = {}) => [{ ...CORPORATE[index], ...changes }];

describe('an identifier that another member has', () => {
  const withIdentifier = (number: string, changes: Readonly<Record<string, unknown>> = {}) =>
    aRecord(number, { identifiers: corporate(0), ...changes });

  test('is put aside; the other keeps it', async () => {
    await it.receive([await it.jp.published(1, withIdentifier(A))]);
    const registry = await it.registry();
    expect(await it.outcomes([await it.jp.published(2, withIdentifier(B))])).toEqual(['invalid_request']);
    expect(await it.registry()).toBe(registry);
    expect([await it.ask('8990000000001'), await it.ask(B)]).toEqual([RECOGNISED, UNKNOWN]);
    expect(await it.rows('select code, number, errors from quarantine')).toEqual([
      {
        code: 'IDENTIFIER_OF_ANOTHER',
        number: B,
        errors: [{ pointer: '/record/identifiers/0', detail: 'is an identifier of another member' }],
      },
    ]);
  });

  test('however it is written, and within one set of events', async () => {
    const spaced = corporate(0, { value: '8990 0000-00001' });
    const sets = [
      await it.jp.published(1, withIdentifier(A)),
      await it.jp.published(2, withIdentifier(B, { identifiers: spaced })),
    ];
    expect(await it.outcomes(sets)).toEqual(['accepted', 'invalid_request']);
  });

  test('also when it is the number of the other', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const identifiers = [{ scheme: 'jp-cn-code', value: A }];
    expect(await it.outcomes([await it.jp.published(2, aRecord(B, { identifiers }))])).toEqual(['invalid_request']);
    expect(await it.outcomes([await it.jp.changed(3, aRecord(A, { identifiers }))])).toEqual(['accepted']);
  });

  test('may be had once the other has given it up, in the same set too and in whatever order', async () => {
    await it.receive([await it.jp.published(1, withIdentifier(A))]);
    const sets = [
      await it.jp.published(2, withIdentifier(B)),
      await it.jp.changed(3, aRecord(A, { identifiers: corporate(1) })),
    ];
    expect(await it.outcomes(sets)).toEqual(['accepted', 'accepted']);
    expect([await it.ask('8990000000001'), await it.ask('7990000000002')]).toEqual([RECOGNISED, RECOGNISED]);
    const holders = await it.rows(
      `select m.number, i.value from membership_identifier i join membership m on m.id = i.membership_id
        where i.scheme = 'jp-corporate' and upper_inf(i.known) order by 1`,
    );
    expect(holders).toEqual([
      { number: A, value: '7990000000002' },
      { number: B, value: '8990000000001' },
    ]);
  });

  test.each([
    ['has ended', () => it.jp.changed(2, withIdentifier(A, since('2024-01-01', 'revoked')))],
    ['is no longer communicated', () => it.jp.ended(2, A)],
    ['had it at another time', () => it.jp.changed(2, aRecord(A, { identifiers: corporate(0, { to: '2024-01-01' }) }))],
  ])('may be had where the other %s', async (name, change) => {
    await it.receive([await it.jp.published(1, withIdentifier(A)), await change()]);
    const identifiers = corporate(0, name === 'had it at another time' ? { from: '2024-01-01' } : {});
    expect(await it.outcomes([await it.jp.published(3, aRecord(B, { identifiers }))])).toEqual(['accepted']);
    expect(await it.ask(B)).toBe(RECOGNISED);
    // Of a member that is no longer communicated nobody knows whether it still has it.
    const answer = name === 'is no longer communicated' ? 'indeterminate AMBIGUOUS_IDENTIFIER' : RECOGNISED;
    expect(await it.ask('8990000000001')).toBe(answer);
  });

  test('never keeps a member from being revoked', async () => {
    await it.receive([await it.jp.published(1, withIdentifier(A)), await it.jp.published(2, aRecord(B))]);
    const revoked = withIdentifier(B, since('2024-01-01', 'revoked'));
    expect(await it.outcomes([await it.jp.changed(3, revoked)])).toEqual(['accepted']);
    expect(await it.ask(B)).toBe(NOT_ACTIVE);
  });

  test('that both have from a list keeps neither from being suspended', async () => {
    const line = (number: string) => ({
      ...{ number, type: 'EXPORTER', validFrom: '2019-04-01', names: [{ name: 'Listed', kind: 'legal' }] },
      identifiers: CORPORATE.slice(0, 1),
    });
    const listed = await it.api.app.inject({
      method: 'POST',
      url: '/v1/imports?programme=jp-aeo&mode=delta',
      headers: { ...(await as(['operations'])), 'content-type': 'application/x-ndjson' },
      payload: [line(A), line(B)].map((one) => JSON.stringify(one)).join('\n'),
    });
    expect(listed.json()).toMatchObject({ created: 2 });
    expect(await it.outcomes([await it.jp.changed(1, withIdentifier(B, since('2024-01-01')))])).toEqual(['accepted']);
    expect(await it.ask(B)).toBe(NOT_ACTIVE);
  });

  test('of another programme is nothing special', async () => {
    await it.receive([
      await it.jp.published(1, aRecord(A, { identifiers: [{ scheme: 'lei', value: 'DEMO00EXAMPLE0009082' }] })),
    ]);
    const member = {
      ...aRecord('CTPAT-IMP-1', { programme: 'us-ctpat', type: 'TIER3', issuingCountry: 'US' }),
      statuses: [{ component: 'TIER3', type: 'TIER3', status: 'active', from: '2019-04-01', to: null }],
      identifiers: [{ scheme: 'lei', value: 'DEMO00EXAMPLE0009082' }],
    };
    expect(await it.outcomes([await it.us.published(1, member)], it.us)).toEqual(['accepted']);
  });
});

describe('a number that differs from another only in how it is written', () => {
  const spaced = `${A.slice(0, 5)}-${A.slice(5)}`;

  test('is put aside, and makes the copy doubtful: a question cannot tell the two apart', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    expect(await it.outcomes([await it.jp.published(2, aRecord(spaced, since('2024-01-01')))])).toEqual([
      'invalid_request',
    ]);
    expect(await it.rows('select code, number from quarantine')).toEqual([
      { code: 'NUMBER_OF_ANOTHER', number: spaced },
    ]);
    expect(await it.ask(A)).toBe(STALE);
    // A later word about the one does not decide about the other.
    await it.receive([await it.jp.changed(3, aRecord(A, { issuingOffice: 'Kobe' }))]);
    expect(await it.ask(A)).toBe(STALE);
  });

  test('nor is the one ended by the end of the other', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    expect(await it.outcomes([await it.jp.ended(2, spaced)])).toEqual(['invalid_request']);
    expect(await it.ask(A)).toBe(STALE);
  });

  test('within one set', async () => {
    const sets = [await it.jp.published(1, aRecord(A)), await it.jp.published(2, aRecord(spaced))];
    expect(await it.outcomes(sets)).toEqual(['accepted', 'invalid_request']);
  });

  test('may be had once the other is no longer communicated', async () => {
    await it.receive([await it.jp.published(1, aRecord(A)), await it.jp.ended(2, A)]);
    expect(await it.outcomes([await it.jp.published(3, aRecord(spaced))])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(RECOGNISED);
  });
});
