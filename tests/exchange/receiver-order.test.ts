import { generateKeyPair } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { A, aRecord, shareReceiver } from './receiver.ts';

/** The exchange contract, section 3: each event has two faults, and the one that is checked first is the answer. */
const it = shareReceiver();

const strangers = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
const SEEN = 'seen before';

const changesOf = {
  signature: { key: strangers.privateKey },
  issuer: { claims: { iss: 'https://other.test' } },
  audience: { claims: { aud: 'https://other.test' } },
  type: { header: { typ: 'JWT' } },
  jti: { jti: SEEN.replace(' ', '-') },
  schema: { payload: { agreement: 7 } },
} as const;

const merged = (...parts: readonly object[]) =>
  parts.reduce<Record<string, object>>((all, part) => {
    for (const [name, value] of Object.entries(part)) {
      const before = all[name];
      all[name] = name === 'claims' || name === 'payload' ? { ...before, ...value } : value;
    }
    return all;
  }, {});

const push = async (seq: number, record: object, ...faults: readonly object[]) => {
  const { statusCode, body } = await it.push((await it.jp.published(seq, record, merged(...faults))).compact);
  return body === '' ? statusCode : JSON.parse(body).err;
};
const good = () => aRecord(A);
const foreign = () => aRecord(A, { programme: 'eu-aeo' });

describe('the order of checks', () => {
  beforeEach(async () => {
    expect(await push(1, good(), changesOf.jti)).toBe(202);
  });

  test('media type before signature', async () => {
    const { compact } = await it.jp.published(2, good(), changesOf.signature);
    expect((await it.push(compact, { 'content-type': 'application/json' })).statusCode).toBe(415);
  });

  test('signature before issuer', async () => {
    expect(await push(2, good(), changesOf.signature, changesOf.issuer)).toBe('invalid_key');
  });

  test('issuer before audience', async () => {
    expect(await push(2, good(), changesOf.issuer, changesOf.audience)).toBe('invalid_issuer');
  });

  test('audience before type', async () => {
    expect(await push(2, good(), changesOf.audience, changesOf.type)).toBe('invalid_audience');
  });

  test('type before jti', async () => {
    expect(await push(2, good(), changesOf.type, changesOf.jti)).toBe('invalid_request');
  });

  test('jti before payload', async () => {
    expect(await push(2, good(), changesOf.jti, changesOf.schema)).toBe(202);
    expect((await it.stream()).last_applied).toBe(1);
  });

  test('payload before whose programme it is', async () => {
    expect(await push(2, foreign(), changesOf.schema)).toBe('invalid_request');
    expect(await it.rows('select code from quarantine')).toEqual([{ code: 'SCHEMA_INVALID' }]);
  });

  test('whose programme it is before the sequence', async () => {
    expect(await push(9, foreign())).toBe('access_denied');
    expect((await it.stream()).last_applied).toBe(1);
  });

  test('the sequence before what the record says', async () => {
    expect(await push(1, aRecord(A, { type: 'FORWARDER' }))).toBe(202);
    expect(await push(9, aRecord(A, { type: 'FORWARDER' }))).toBe(202);
    expect(await it.rows('select from quarantine')).toEqual([]);
  });
});
