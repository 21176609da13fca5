import { applyWaiting, receiveSets, registerPartners } from '@mra/exchange';
import { memberSubject } from '@mra/exchange-protocol';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aRecord, createReceiver, numberOf, period, type Receiver, type Sent, since } from './receiver.ts';

let it: Receiver;
beforeAll(async () => {
  it = await createReceiver();
});
beforeEach(() => it.reset());

const A = numberOf(1);
const B = numberOf(2);
const RECOGNISED = 'recognised RECOGNISED';
const NOT_ACTIVE = 'not_recognised NOT_ACTIVE';
const strangers = await generateKeyPair('EdDSA', { crv: 'Ed25519' });

const seqOf = async () => (await it.stream()).last_applied;
const askFrom = async (sets: readonly Sent[]) => (await receiveSets(it.exchange, it.jp.partner, sets)).askFrom;

describe('an event is lost', () => {
  test('nothing behind it is applied, it is asked for again, and then all are applied in order', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const lost = await it.jp.changed(2, aRecord(A, since('2024-06-03')));
    const third = await it.jp.published(3, aRecord(B));
    expect(await askFrom([third])).toBe(2);
    expect([await it.ask(B), await seqOf()]).toEqual(['not_recognised UNKNOWN_TRADER', 1]);
    expect(await askFrom([await it.jp.heartbeat(4)])).toBe(2);
    expect(await it.outcomes([lost])).toEqual(['accepted']);
    expect([await it.ask(A), await it.ask(B), await seqOf()]).toEqual([NOT_ACTIVE, RECOGNISED, 4]);
    expect(await it.rows('select from inbound_event where waiting is not null')).toEqual([]);
  });

  test('what waits is kept when it is acknowledged, whatever happens to the process', async () => {
    expect(await it.outcomes([await it.jp.changed(2, aRecord(A, since('2024-06-03')))])).toEqual(['waiting']);
    const [kept] = await it.rows(
      'select seq, waiting -> $$payload$$ -> $$record$$ ->> $$number$$ as number from inbound_event',
    );
    expect(kept).toEqual({ seq: 2, number: A });
  });

  test('more than a thousand behind a gap are not kept, and come again', async () => {
    await it.rows(
      `insert into inbound_event (partner, jti, seq, received_at, waiting)
       select 'JP', 'waiting-' || n, n, now(), '{}' from generate_series(2, 1001) n`,
    );
    const late = await it.jp.heartbeat(1002);
    expect(await it.outcomes([late])).toEqual(['not_kept']);
    expect(await it.rows('select from inbound_event where jti = $1', [late.jti])).toEqual([]);
    const pushed = await it.push(late.compact);
    expect([pushed.statusCode, pushed.headers['retry-after']]).toEqual([503, '2']);
  });

  test('behind a snapshot what it contains waits no longer, and what follows it is applied', async () => {
    const waiting = [
      await it.jp.published(3, aRecord(A, since('2024-06-03'))),
      await it.jp.published(5, aRecord(B)),
      await it.jp.heartbeat(6),
      await it.jp.heartbeat(8),
    ];
    expect(await it.outcomes(waiting)).toEqual(Array(4).fill('waiting'));
    await it.rows('update inbound_stream set last_applied = 4');
    expect(await applyWaiting(it.exchange, it.jp.partner)).toBe(7);
    expect([await it.ask(A), await it.ask(B), await seqOf()]).toEqual(['not_recognised UNKNOWN_TRADER', RECOGNISED, 6]);
    expect(await it.rows('select seq from inbound_event where waiting is not null')).toEqual([{ seq: 8 }]);
  });

  test('a bad one beyond the gap is told at once and put aside in its turn', async () => {
    const bad = await it.jp.published(2, aRecord(B, { type: 'NONE', version: 0 }));
    expect(await it.outcomes([bad])).toEqual(['invalid_request']);
    expect(await it.rows('select from quarantine')).toEqual([]);
    await it.receive([await it.jp.published(1, aRecord(A))]);
    expect(await it.rows('select seq, number from quarantine')).toEqual([{ seq: 2, number: B }]);
    expect([await seqOf(), await it.outcomes([bad])]).toEqual([2, ['invalid_request']]);
  });
});

describe('an event comes again', () => {
  test('gets the answer that it got before, and has no effect', async () => {
    const first = await it.jp.published(1, aRecord(A));
    const bad = await it.jp.published(2, aRecord(B, { type: 'NONE' }));
    const beyond = await it.jp.heartbeat(4);
    const before = await it.outcomes([first, bad, beyond]);
    expect(before).toEqual(['accepted', 'invalid_request', 'waiting']);
    const registry = await it.registry();
    expect(await it.outcomes([first, bad, beyond])).toEqual(['duplicate', 'invalid_request', 'waiting']);
    expect([await it.registry(), (await it.rows('select from quarantine')).length]).toEqual([registry, 1]);
  });

  test('within one set as well', async () => {
    const first = await it.jp.published(1, aRecord(A));
    expect(await it.outcomes([first, first])).toEqual(['accepted', 'duplicate']);
    expect(await it.rows('select version from membership_record')).toEqual([{ version: 1 }]);
  });

  test('a day later, after the member was suspended, it does not lift the suspension', async () => {
    const yesterday = { claims: { iat: Math.floor(Date.now() / 1000) - 86_400 } };
    const published = await it.jp.published(1, aRecord(A), yesterday);
    await it.receive([published]);
    await it.receive([await it.jp.changed(2, aRecord(A, since('2024-06-03')))]);
    const registry = await it.registry();
    expect(await it.outcomes([published])).toEqual(['duplicate']);
    expect([await it.registry(), await it.ask(A)]).toEqual([registry, NOT_ACTIVE]);
  });

  test('under a new jti it is known by its place in the sequence', async () => {
    await it.receive([await it.jp.published(1, aRecord(A)), await it.jp.changed(2, aRecord(A, since('2024-06-03')))]);
    const registry = await it.registry();
    expect(await it.outcomes([await it.jp.published(1, aRecord(A))])).toEqual(['duplicate']);
    expect(await it.registry()).toBe(registry);
  });

  test('with the other signature that an ES256 token has, it is the same event', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'es', alg: 'ES256', use: 'sig' };
    const partner = { ...it.jp.partner, jwks: { keys: [jwk] } };
    const header = { alg: 'ES256', kid: 'es' };
    const { compact } = await it.jp.published(1, aRecord(A), { key: privateKey, header });
    const twin = otherSignature(compact);
    expect(twin).not.toBe(compact);
    const { receipts } = await receiveSets(it.exchange, partner, [{ compact }, { compact: twin }]);
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['accepted', 'duplicate']);
  });

  test('an event of years ago that comes for the first time is applied: there is no oldest one', async () => {
    const old = { claims: { iat: 1_000_000_000 } };
    expect(await it.outcomes([await it.jp.published(1, aRecord(A), old)])).toEqual(['accepted']);
  });

  test('at the same time by two ways, it is applied once', async () => {
    const sets = [await it.jp.published(1, aRecord(A)), await it.jp.published(2, aRecord(B))];
    const both = await Promise.all([it.outcomes(sets), it.outcomes(sets), it.outcomes(sets)]);
    expect(both.flat().toSorted()).toEqual(['accepted', 'accepted', ...Array(4).fill('duplicate')]);
    expect(await it.rows('select version from membership_record')).toEqual([{ version: 1 }, { version: 1 }]);
    expect(await seqOf()).toBe(2);
  });
});

describe('events come in another order', () => {
  test('of one poll they are applied by their places, so the last word holds', async () => {
    const sets = [
      await it.jp.changed(3, aRecord(A, since('2024-06-03'))),
      await it.jp.published(1, aRecord(A)),
      await it.jp.changed(2, aRecord(A, { issuingOffice: 'Kobe' })),
    ];
    expect(await it.outcomes(sets)).toEqual(['accepted', 'accepted', 'accepted']);
    expect([await it.ask(A), await seqOf()]).toEqual([NOT_ACTIVE, 3]);
  });

  test('one by one, the later waits for the earlier', async () => {
    expect(await it.outcomes([await it.jp.changed(2, aRecord(A, since('2024-06-03')))])).toEqual(['waiting']);
    expect(await it.ask(A)).toBe('not_recognised UNKNOWN_TRADER');
    expect(await it.outcomes([await it.jp.published(1, aRecord(A))])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(NOT_ACTIVE);
  });

  test('more than one recording holds, they all arrive in one order', async () => {
    const sets = await Promise.all(
      Array.from({ length: 250 }, (_, index) => it.jp.published(index + 1, aRecord(numberOf(index + 1)))),
    );
    expect(new Set(await it.outcomes(sets.toReversed()))).toEqual(new Set(['accepted']));
    expect([await seqOf(), (await it.rows('select from copy')).length]).toEqual([250, 250]);
  });
});

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
    expect([await it.registry(), await seqOf(), await it.ask(A)]).toEqual([registry, 1, RECOGNISED]);
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
    expect(await it.ask(A)).toBe('not_recognised UNKNOWN_TRADER');
  });
});

describe('whatever goes wrong on this side', () => {
  test('nothing is noted when the recording fails, and the event is applied when it comes again', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const suspension = await it.jp.changed(2, suspended());
    await it.rows('alter table synchronisation rename to gone');
    try {
      await it.rows(`update inbound_stream set heard_at = null`);
      await expect(it.receive([suspension])).rejects.toThrow();
    } finally {
      await it.rows('alter table gone rename to synchronisation');
    }
    expect([await it.ask(A), await seqOf()]).toEqual([RECOGNISED, 1]);
    expect(await it.outcomes([suspension])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(NOT_ACTIVE);
  });

  test('what the registry refuses though no check did is put aside, and the others of the set go on', async () => {
    // A constraint that no check of the receiver knows.
    await it.rows(`alter table membership_record add constraint no_kobe check (issuing_office <> 'Kobe') not valid`);
    try {
      const sets = [
        await it.jp.published(1, aRecord(A)),
        await it.jp.published(3, aRecord(B, { issuingOffice: 'Kobe' })),
        await it.jp.published(4, aRecord(numberOf(3))),
      ];
      expect(await it.outcomes(sets)).toEqual(['accepted', 'waiting', 'waiting']);
      expect(await it.outcomes([await it.jp.heartbeat(2)])).toEqual(['accepted']);
    } finally {
      await it.rows('alter table membership_record drop constraint no_kobe');
    }
    expect([await it.ask(A), await it.ask(numberOf(3)), await seqOf()]).toEqual([RECOGNISED, RECOGNISED, 4]);
    expect(await it.rows('select seq, code, number from quarantine')).toEqual([
      { seq: 3, code: 'NOT_STORABLE', number: B },
    ]);
  });

  test('the same where it is refused only at the commit, and for those that had waited', async () => {
    await it.rows(`
      create function refuse_brokers() returns trigger language plpgsql as $$
      begin raise exception 'no brokers' using errcode = 'check_violation'; end $$`);
    await it.rows(`create constraint trigger no_brokers after insert on membership_status deferrable initially deferred
                     for each row when (new.type = 'BROKER') execute function refuse_brokers()`);
    const broker = {
      type: 'BROKER',
      statuses: [{ ...period('active', '2019-04-01'), type: 'BROKER', component: 'BROKER' }],
    };
    try {
      const waiting = [await it.jp.published(3, aRecord(B, broker)), await it.jp.published(4, aRecord(numberOf(4)))];
      expect(await it.outcomes(waiting)).toEqual(['waiting', 'waiting']);
      const sets = [await it.jp.published(1, aRecord(A)), await it.jp.published(2, aRecord(numberOf(3), broker))];
      expect(await it.outcomes(sets)).toEqual(['accepted', 'invalid_request']);
    } finally {
      await it.rows('drop trigger no_brokers on membership_status');
      await it.rows('drop function refuse_brokers');
    }
    expect([await it.ask(A), await it.ask(numberOf(4)), await seqOf()]).toEqual([RECOGNISED, RECOGNISED, 4]);
    expect(await it.rows('select seq, code from quarantine order by seq')).toEqual([
      { seq: 2, code: 'NOT_STORABLE' },
      { seq: 3, code: 'NOT_STORABLE' },
    ]);
  });

  test('without a stream nothing is taken: it must come again', async () => {
    await it.rows('update inbound_stream set stream_id = null');
    const first = await it.jp.published(1, aRecord(A));
    await expect(it.receive([first])).rejects.toMatchObject({ name: 'NoInboundStream' });
    const pushed = await it.push(first.compact);
    expect([pushed.statusCode, pushed.json().code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  });

  test('keys that cannot be fetched say nothing about the event: it must come again', async () => {
    const { partner } = it.jp;
    await registerPartners(it.exchange.db, [{ ...partner, jwks: null, jwksUrl: 'http://127.0.0.1:9/jwks.json' }]);
    const first = await it.jp.published(1, aRecord(A));
    const pushed = await it.push(first.compact);
    expect([pushed.statusCode, pushed.headers['retry-after']]).toEqual([503, '2']);
    await registerPartners(it.exchange.db, [partner]);
    expect(await it.outcomes([first])).toEqual(['accepted']);
  });
});

/** r and n − s make as good a signature as r and s (FIPS 186-5 section 6.4.2). */
function otherSignature(compact: string): string {
  const [header, payload, seal = ''] = compact.split('.');
  const bytes = Buffer.from(seal, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0');
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64url')}`;
}
