import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { createLocalJWKSet, errors, type JWTPayload, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { EVENT_TYPES } from './events.ts';
import { aKey, aSet, EU, expectations, JP, NOW } from './test-support.ts';
import { SET_LENGTH_MAX, signSet } from './tokens.ts';
import { verifySet } from './verify-set.ts';

const [ed, es, rs, stranger] = await Promise.all([
  aKey('EdDSA', 'ed'),
  aKey('ES256', 'es'),
  aKey('RS256', 'rs'),
  aKey('EdDSA', 'ed'),
]);
const KEYS = [ed.jwk, es.jwk, rs.jwk];
const EVENTS = { [EVENT_TYPES.verification]: { state: 'x' } };
const SUBJECT = { format: 'opaque', id: 's1' };
const CLAIMS = { iss: EU, aud: JP, jti: 'j1', iat: 1_795_338_000, sub_id: SUBJECT, events: EVENTS };

/** Signed as a partner might, with whatever is wrong. Undefined members are not there. */
async function sign(claims: Record<string, unknown>, header: Record<string, unknown> = {}, by: typeof ed = ed) {
  const protectedHeader = { typ: 'secevent+jwt', alg: by.signing.alg, kid: by.signing.kid, ...header };
  return new SignJWT({ ...CLAIMS, ...claims } as JWTPayload).setProtectedHeader(protectedHeader).sign(by.signing.key);
}

/** Signed over exactly these texts. */
async function signTexts(header: string, payload: string) {
  const { CompactSign } = await import('jose');
  const signed = await new CompactSign(Buffer.from(payload))
    .setProtectedHeader(JSON.parse(header))
    .sign(ed.signing.key);
  return signed;
}

const errorOf = async (compact: string, changes = {}) => {
  const result = await verifySet(compact, expectations(KEYS, changes));
  return result.ok ? null : result.err;
};

test.each([
  ['EdDSA', ed],
  ['ES256', es],
  ['RS256', rs],
])('a SET signed with %s by a registered key is verified', async (alg, key) => {
  const compact = await signSet(aSet({ toe: NOW, txn: 't' }), key.signing);
  const result = await verifySet(compact, expectations(KEYS));
  expect(result).toMatchObject({
    ok: true,
    set: { alg, kid: key.signing.kid, jti: aSet().jti, issuer: EU, audience: [JP], iat: NOW, toe: NOW, txn: 't' },
  });
  expect(result.ok && result.set.eventType).toBe(EVENT_TYPES.statusChanged);
});

test('keys may be a function, as jose makes of a remote set', async () => {
  const keys = createLocalJWKSet({ keys: KEYS });
  expect(await errorOf(await sign({}), { keys })).toBeNull();
});

test('two keys overlap in a rotation; one rotated out verifies nothing', async () => {
  const next = await aKey('EdDSA', 'ed-2');
  const compact = await sign({}, {}, next);
  expect(await errorOf(compact, { keys: { keys: [ed.jwk, next.jwk] } })).toBeNull();
  expect(await errorOf(await sign({}), { keys: { keys: [next.jwk] } })).toBe('invalid_key');
});

test('that keys cannot be fetched says nothing about the SET: it throws', async () => {
  const keys = () => Promise.reject(new errors.JWKSTimeout());
  await expect(verifySet(await sign({}), { ...expectations(KEYS), keys })).rejects.toThrow(errors.JWKSTimeout);
});

test('a signature by another key of the same name is invalid_key (RFC 8935 section 2: signed by a key of the issuer)', async () => {
  expect(await errorOf(await sign({}, {}, stranger))).toBe('invalid_key');
});

test('a key in the message is not used', async () => {
  const { kid: _, ...jwk } = stranger.jwk;
  expect(await errorOf(await sign({}, { jwk, kid: undefined }, stranger), { keys: { keys: [ed.jwk] } })).toBe(
    'invalid_key',
  );
});

test('an altered payload is invalid_key', async () => {
  const [head, , signature] = (await sign({})).split('.');
  const payload = Buffer.from(JSON.stringify({ ...CLAIMS, jti: 'j2' })).toString('base64url');
  expect(await errorOf(`${head}.${payload}.${signature}`)).toBe('invalid_key');
});

test.each(['none', 'HS256', 'PS256', 'ES384', 'eddsa', undefined])('algorithm %s is invalid_key', async (alg) => {
  const head = Buffer.from(JSON.stringify({ typ: 'secevent+jwt', alg, kid: 'rs' })).toString('base64url');
  const payload = Buffer.from(JSON.stringify(CLAIMS)).toString('base64url');
  // The public key as the secret of an HMAC: the classic confusion.
  const mac = createHmac('sha256', JSON.stringify(rs.jwk)).update(`${head}.${payload}`).digest('base64url');
  expect(await errorOf(`${head}.${payload}.${mac}`)).toBe('invalid_key');
  expect(await errorOf(`${head}.${payload}.`)).toBe('invalid_key');
});

test('critical extensions that are not understood are refused (RFC 7515 section 4.1.11)', async () => {
  const head = Buffer.from(JSON.stringify({ typ: 'secevent+jwt', alg: 'EdDSA', kid: 'ed', crit: ['b64'], b64: false }));
  expect(await errorOf(`${head.toString('base64url')}.e30.AA`)).toBe('invalid_request');
});

test.each([
  ['iss', { iss: 'https://us.example' }, 'invalid_issuer'],
  ['a missing iss', { iss: undefined }, 'invalid_issuer'],
  ['iss in a list', { iss: [EU] }, 'invalid_issuer'],
  ['aud', { aud: 'https://kr.example' }, 'invalid_audience'],
  ['a missing aud', { aud: undefined }, 'invalid_audience'],
  ['an aud that begins alike', { aud: `${JP}.evil` }, 'invalid_audience'],
  ['a missing jti (RFC 8417 section 2.2: REQUIRED)', { jti: undefined }, 'invalid_request'],
  ['a jti too long', { jti: 'j'.repeat(129) }, 'invalid_request'],
  ['a jti that would be lost in a JSON object', { jti: '__proto__' }, 'invalid_request'],
  ['a missing iat (RFC 8417 section 2.2: REQUIRED)', { iat: undefined }, 'invalid_request'],
  ['an iat as text', { iat: '1795338000' }, 'invalid_request'],
  ['a toe as text', { toe: NOW }, 'invalid_request'],
  ['an empty txn', { txn: '' }, 'invalid_request'],
  ['exp (SSF 4.1.7: MUST NOT)', { exp: 1_995_338_000 }, 'invalid_request'],
  ['sub (SSF 4.1.2: MUST NOT)', { sub: 'DEAEOF00012345' }, 'invalid_request'],
  ['a sub_id without format (RFC 9493 section 3)', { sub_id: { id: 's1' } }, 'invalid_request'],
  ['missing events (RFC 8417 section 2.2: REQUIRED)', { events: undefined }, 'invalid_request'],
  ['no event', { events: {} }, 'invalid_request'],
  ['two events', { events: { ...EVENTS, [EVENT_TYPES.streamUpdated]: {} } }, 'invalid_request'],
  ['events in a list', { events: [EVENTS] }, 'invalid_request'],
  [
    'an event that is no JSON object (RFC 8417 section 2.2)',
    { events: { [EVENT_TYPES.verification]: 'x' } },
    'invalid_request',
  ],
] as const)('%s is %s', async (_, claims, err) => {
  expect(await errorOf(await sign({}))).toBeNull();
  expect(await errorOf(await sign(claims))).toBe(err);
});

test.each(['JWT', 'at+jwt', undefined, 'secevent+jwt2'])(
  'typ %s is invalid_request (SSF 4.1.1: MUST be typed)',
  async (typ) => {
    expect(await errorOf(await sign({}, { typ }))).toBe('invalid_request');
  },
);

test.each(['secevent+jwt', 'application/secevent+jwt', 'SecEvent+JWT'])('typ %s is a SET', async (typ) => {
  expect(await errorOf(await sign({}, { typ }))).toBeNull();
});

test('the order of checks is signature, iss, aud, typ, others', async () => {
  const wrong = { iss: 'x', aud: 'x', jti: undefined };
  const order = [
    await sign(wrong, { typ: 'JWT' }, stranger),
    await sign(wrong, { typ: 'JWT' }),
    await sign({ ...wrong, iss: EU }, { typ: 'JWT' }),
  ];
  expect(await Promise.all(order.map((compact) => errorOf(compact)))).toEqual([
    'invalid_key',
    'invalid_issuer',
    'invalid_audience',
  ]);
});

test('one of several audiences is enough; unknown claims are ignored (SSF 4.1.8, 4.2.3)', async () => {
  expect(await errorOf(await sign({ aud: ['https://jp.example/web', JP], hello: { a: 1 } }))).toBeNull();
});

test.each([
  ['an old SET', 1_000_000_000],
  ['a SET of a partner whose clock is years ahead', 4_000_000_000],
])('%s is verified: order is by seq, and a replayed one is known by its jti', async (_, iat) => {
  expect(await errorOf(await sign({ iat }))).toBeNull();
});

test('the jti must be the name under which a poll returned it (RFC 8936 section 2.3)', async () => {
  expect(await errorOf(await sign({}), { jti: 'j1' })).toBeNull();
  expect(await errorOf(await sign({}), { jti: 'j2' })).toBe('invalid_request');
});

test('a member twice in the claims is refused although the signature is good', async () => {
  const header = '{"typ":"secevent+jwt","alg":"EdDSA","kid":"ed"}';
  const twice = JSON.stringify(CLAIMS).replace('"jti":"j1"', '"jti":"j0","jti":"j1"');
  expect(await errorOf(await signTexts(header, JSON.stringify(CLAIMS)))).toBeNull();
  expect(await errorOf(await signTexts(header, twice))).toBe('invalid_request');
});

test('no other string stands for a token: anything added, cut, swapped or re-encoded is refused', async () => {
  const compact = await sign({});
  const char = fc.constantFrom(...'ABCwxyz019-_=.+/ \n\t\0é');
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: compact.length }),
      fc.nat({ max: 2 }),
      fc.string({ unit: char, maxLength: 2 }),
      async (at, cut, put) => {
        const other = compact.slice(0, at) + put + compact.slice(at + cut);
        fc.pre(other !== compact);
        expect(await errorOf(other)).toMatch(/^invalid_(request|key)$/);
      },
    ),
    { numRuns: 300 },
  );
});

test('ES256 has two signatures for one token, which is why duplicates are known by jti, never by the string', async () => {
  const [head, payload, signature = ''] = (await sign({}, {}, es)).split('.');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  const result = await verifySet(`${head}.${payload}.${twin.toString('base64url')}`, expectations(KEYS));
  expect(result.ok && result.set.jti).toBe('j1');
});

test.each(['', '.', '..', 'a.b', 'a.b.c.d', 'e30.e30.e30.e30.e30', 'not a token', '{}'])(
  '%j is invalid_request',
  async (text) => {
    expect(await errorOf(text)).toBe('invalid_request');
  },
);

test('what is longer than a SET may be is refused before it is decoded', async () => {
  expect(await errorOf('A'.repeat(SET_LENGTH_MAX + 1))).toBe('invalid_request');
  const longest = `${'A'.repeat(SET_LENGTH_MAX - 4)}.A.A`;
  expect(await errorOf(longest)).toBe('invalid_request');
});

test('a description never repeats what the token says', async () => {
  const result = await verifySet(await sign({ jti: undefined, txn: 'Muster\nGmbH' }), expectations(KEYS));
  expect(result).toEqual({
    ok: false,
    err: 'invalid_request',
    description: 'The claim jti is missing, malformed or not allowed.',
  });
});
