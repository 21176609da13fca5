import { receiveSets, registerPartners } from '@mra/exchange';
import { memberSubject } from '@mra/exchange-protocol';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import { A, aRecord, B, NOT_ACTIVE, RECOGNISED, type Sent, shareReceiver, since, UNKNOWN } from './receiver.ts';

/** Events that a partner has not sent, or that are about what it has no say in: refused, and without effect. */

const it = shareReceiver();
const strangers = await generateKeyPair('EdDSA', { crv: 'Ed25519' });

/** Each must be refused with its code and leave the registry and the sequence as they are. */
const FORGERIES: Readonly<Record<string, readonly [code: string, make: (good: Sent) => Promise<string> | string]>> = {
  'altered: its payload is another token’s': [
    'invalid_key',
    async ({ compact }) => {
      const [header, , seal] = compact.split('.');
      return `${header}.${(await it.jp.changed(2, aRecord(A))).compact.split('.')[1]}.${seal}`;
    },
  ],
  'altered: one character of its signature': [
    'invalid_key',
    ({ compact }) => `${compact.slice(0, -20)}${compact.at(-20) === 'A' ? 'B' : 'A'}${compact.slice(-19)}`,
  ],
  'cut short': ['invalid_request', ({ compact }) => compact.slice(0, compact.length / 2)],
  'cut short by its signature': ['invalid_key', ({ compact }) => `${compact.split('.', 2).join('.')}.`],
  'written in another way': ['invalid_request', ({ compact }) => `${compact}=`],
  'with white space behind it': ['invalid_request', ({ compact }) => `${compact}\n`],
  nothing: ['invalid_request', () => ''],
  'not a token': ['invalid_request', () => '{"seq": 2}'],
  'signed by another key': [
    'invalid_key',
    async () => (await it.jp.changed(2, suspended(), { key: strangers.privateKey })).compact,
  ],
  'signed by another key that it brings along': [
    'invalid_key',
    async () => {
      const jwk = await exportJWK(strangers.publicKey);
      const header = { jwk, kid: 'mine', jku: 'https://attacker.test/jwks.json' };
      return (await it.jp.changed(2, suspended(), { key: strangers.privateKey, header })).compact;
    },
  ],
  'signed by another partner': [
    'invalid_key',
    async () => (await it.us.event('statusChanged', payloadOf(2), { claims: { iss: it.jp.partner.issuer } })).compact,
  ],
  'signed by nobody (none)': ['invalid_key', ({ compact }) => unsigned(compact, { alg: 'none', typ: 'secevent+jwt' })],
  'signed with the public key as a secret (HS256)': [
    'invalid_key',
    async () => {
      const [key] = it.jp.partner.jwks?.keys ?? [];
      const secret = new TextEncoder().encode(JSON.stringify(key));
      return (await it.jp.changed(2, suspended(), { key: secret, header: { alg: 'HS256' } })).compact;
    },
  ],
  'addressed to another': [
    'invalid_audience',
    async () => (await it.jp.changed(2, suspended(), { claims: { aud: 'https://other.test' } })).compact,
  ],
  'addressed to nobody': [
    'invalid_audience',
    async () => (await it.jp.changed(2, suspended(), { claims: { aud: undefined } })).compact,
  ],
  'issued in another’s name': [
    'invalid_issuer',
    async () => (await it.jp.changed(2, suspended(), { claims: { iss: 'https://us.test' } })).compact,
  ],
  'another kind of token': [
    'invalid_request',
    async () => (await it.jp.changed(2, suspended(), { header: { typ: 'at+jwt' } })).compact,
  ],
  'without a type': [
    'invalid_request',
    async () => (await it.jp.changed(2, suspended(), { header: { typ: undefined } })).compact,
  ],
  'with an expiry': [
    'invalid_request',
    async () => (await it.jp.changed(2, suspended(), { claims: { exp: 9e9 } })).compact,
  ],
  'with a critical extension': [
    'invalid_request',
    async () => {
      const good = (await it.jp.changed(2, suspended())).compact;
      return unsigned(good, { alg: 'EdDSA', typ: 'secevent+jwt', crit: ['exp'] });
    },
  ],
};

const suspended = () => aRecord(A, since('2024-06-03'));
const payloadOf = (seq: number) => ({ seq, agreement: 'eu-jp-2010', record: suspended() });
const unsigned = (compact: string, header: object) =>
  `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${compact.split('.')[1]}.`;

describe('an event that is not the partner’s own', () => {
  test.each(Object.keys(FORGERIES))('%s', async (name) => {
    const [code, make] = FORGERIES[name] as (typeof FORGERIES)[string];
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const registry = await it.registry();
    const compact = await make(await it.jp.changed(2, suspended()));
    expect(await it.outcomes([{ compact }])).toEqual([code]);
    const pushed = await it.push(compact);
    expect([pushed.statusCode, pushed.json().err]).toEqual([400, code]);
    expect([await it.registry(), await it.lastApplied(), await it.ask(A)]).toEqual([registry, 1, RECOGNISED]);
    // Nothing of it was remembered: the event itself is still to come, and does.
    expect(await it.outcomes([await it.jp.changed(2, suspended())])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(NOT_ACTIVE);
  });

  test('a key that was rotated out is no longer accepted, one that overlaps is', async () => {
    const { partner, keys } = it.partners.JP as NonNullable<(typeof it.partners)['JP']>;
    const old = (await keys.jwks()).keys;
    const next = await generateKeyPair('ES256', { extractable: true });
    const added = { ...(await exportJWK(next.publicKey)), kid: 'next', alg: 'ES256', use: 'sig' };
    const header = { alg: 'ES256', kid: 'next' };
    const registered = async (all: typeof old) => {
      await registerPartners(it.exchange.db, [{ ...partner, jwks: { keys: all } }]);
      return { ...partner, jwks: { keys: all } };
    };
    const both = await registered([...old, added]);
    const sets = [
      await it.jp.published(1, aRecord(A)),
      await it.jp.published(2, aRecord(B), { key: next.privateKey, header }),
    ];
    const outcomes = async (by: typeof both, some: readonly Sent[]) =>
      (await receiveSets(it.exchange, by, some)).receipts.map(({ outcome, error }) => error?.err ?? outcome);
    expect(await outcomes(both, sets)).toEqual(['accepted', 'accepted']);
    const after = await registered([added]);
    const registry = await it.registry();
    expect(await outcomes(after, [await it.jp.changed(3, suspended())])).toEqual(['invalid_key']);
    expect(await it.registry()).toBe(registry);
    await registered(old);
  });

  test('is reported to operations once a minute, not each time', async () => {
    const forged = await it.jp.changed(1, suspended(), { key: strangers.privateKey });
    for (let times = 0; times < 3; times += 1) await it.receive([forged]);
    expect(await it.rows('select kind, detail from exchange_report')).toEqual([
      { kind: 'set_refused', detail: { err: 'invalid_key' } },
    ]);
  });
});

describe('an event about what is not the partner’s', () => {
  test.each([
    ['a programme of another partner', { programme: 'us-ctpat', number: 'CTPAT-IMP-1' }, 'ACCESS_DENIED'],
    ['a programme of this administration', { programme: 'eu-aeo', number: 'DEAEOF00012345' }, 'ACCESS_DENIED'],
    ['a programme that nobody knows', { programme: 'xx-aeo', number: '1' }, 'UNKNOWN_PROGRAMME'],
  ])('%s is refused and put aside; what follows goes on', async (_, member, code) => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const registry = await it.registry();
    expect(await it.outcomes([await it.jp.published(2, { ...aRecord(A), ...member })])).toEqual(['access_denied']);
    const ended = await it.jp.event('communicationEnded', { seq: 3, agreement: 'eu-jp-2010', member });
    expect(await it.outcomes([ended])).toEqual(['access_denied']);
    expect(await it.registry()).toBe(registry);
    expect(await it.rows('select seq, code, programme from quarantine order by seq')).toEqual([
      { seq: 2, code, programme: member.programme },
      { seq: 3, code, programme: member.programme },
    ]);
    expect(await it.outcomes([await it.jp.published(4, aRecord(B))])).toEqual(['accepted']);
  });

  test('a member for whom this deployment is authoritative stays as it is', async () => {
    await it.rows(
      `insert into membership (administration, programme, number, number_normalised) values ('JP', 'jp-aeo', $1, $1)`,
      [A],
    );
    const registry = await it.registry();
    expect(await it.outcomes([await it.jp.published(1, aRecord(A))])).toEqual(['access_denied']);
    expect(await it.outcomes([await it.jp.ended(2, A)])).toEqual(['access_denied']);
    expect(await it.registry()).toBe(registry);
  });

  test('another subject than its record’s', async () => {
    const subject = memberSubject({ programme: 'jp-aeo', number: B });
    expect(await it.outcomes([await it.jp.published(1, aRecord(A), { subject })])).toEqual(['invalid_request']);
    expect(await it.ask(A)).toBe(UNKNOWN);
  });
});
