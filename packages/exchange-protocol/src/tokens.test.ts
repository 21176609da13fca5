import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { EVENT_TYPES } from './events.ts';
import { STATUS_PERIODS_MAX } from './record.ts';
import { memberSubject } from './subject.ts';
import { aKey, anEvent, aSentRecord, aSet, EU, JP, MEMBER } from './test-support.ts';
import { isSetMediaType, SET_LENGTH_MAX, signSet } from './tokens.ts';

const { signing } = await aKey('EdDSA', 'k1');
const made = await signSet(aSet({ toe: '2026-11-22T08:59:59.900Z', txn: 'cause-1' }), signing);
const claims = decodeJwt(made);

test('the header is explicitly typed and names algorithm and key (RFC 8417 section 2.3, SSF 4.1.1)', () => {
  expect(decodeProtectedHeader(made)).toEqual({ typ: 'secevent+jwt', alg: 'EdDSA', kid: 'k1' });
});

test('iss, iat, jti and events are there (RFC 8417 section 2.2)', () => {
  expect(claims).toMatchObject({ iss: EU, aud: JP, jti: aSet().jti, iat: 1_795_338_000, txn: 'cause-1' });
});

test('toe is when it took effect, in whole seconds', () => {
  expect(claims.toe).toBe(1_795_337_999);
});

test('exp is not there (SSF 4.1.7)', () => expect(claims).not.toHaveProperty('exp'));
test('sub is not there (SSF 4.1.2)', () => expect(claims).not.toHaveProperty('sub'));

test('the subject is in sub_id and not in the event (SSF 3.1)', () => {
  expect(claims.sub_id).toEqual({ format: 'uri', uri: 'urn:aeo-mra:member:eu-aeo:DEAEOF00012345' });
  expect(Object.values(claims.events as object)[0]).not.toHaveProperty('subject');
});

test('events is a JSON object with one event, whose value is a JSON object (RFC 8417 section 2.2)', () => {
  expect(claims.events).toEqual({
    [EVENT_TYPES.statusChanged]: { seq: 1, agreement: 'eu-jp-2010', record: aSentRecord() },
  });
});

test('an authorisation number with a slash is percent-encoded in the subject', () => {
  expect(memberSubject({ ...MEMBER, number: 'GBAEOF00001/10' }).uri).toBe('urn:aeo-mra:member:eu-aeo:GBAEOF00001%2F10');
});

test.each([
  ['an empty jti', aSet({ jti: '' })],
  ['a jti of 129 characters', aSet({ jti: 'j'.repeat(129) })],
  ['a jti with a space', aSet({ jti: 'a b' })],
  ['an iat that is no instant', aSet({ iat: '2026-11-22' })],
  ['a payload without seq', aSet({ event: anEvent({ seq: undefined }) })],
  ['a record that partners would refuse', aSet({ event: anEvent({ record: { ...aSentRecord(), statuses: [] } }) })],
])('%s is not signed', async (_, set) => {
  await expect(signSet(set, signing)).rejects.toThrow(RangeError);
});

test('a record at all of its limits fits into a SET', async () => {
  const wide = (length: number) => '語'.repeat(length);
  const [period] = aSentRecord().statuses;
  const record = {
    ...aSentRecord(),
    statuses: Array.from({ length: STATUS_PERIODS_MAX }, () => ({
      ...period,
      ...{ component: 'X'.repeat(32), type: 'X'.repeat(32), status: 'suspended', to: '2099-12-31T23:59:59.999Z' },
    })),
    names: Array.from({ length: 50 }, () => ({ name: wide(300), kind: 'local_script', language: 'ja' })),
    addresses: Array.from({ length: 50 }, () => {
      return {
        kind: 'site',
        street: wide(300),
        city: wide(100),
        postalCode: wide(32),
        region: wide(100),
        country: 'JP',
      };
    }),
    identifiers: Array.from({ length: 200 }, () => ({ scheme: 'jp-corporate', value: wide(64), from: null, to: null })),
  };
  const compact = await signSet(aSet({ event: anEvent({ record }) }), signing);
  expect(compact.length).toBeLessThan(SET_LENGTH_MAX);
});

test.each([
  ['application/secevent+jwt', true],
  ['Application/SecEvent+JWT; charset=utf-8', true],
  ['application/jwt', false],
  ['application/json', false],
  [undefined, false],
])('the media type %s: %s (RFC 8935 section 2.1)', (contentType, is) => {
  expect(isSetMediaType(contentType)).toBe(is);
});
