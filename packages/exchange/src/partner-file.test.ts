import { describe, expect, test } from 'vitest';
import { parsePartners, readPartnerFile } from './partner-file.ts';

const JP = { code: 'JP', actsAs: 'EU', issuer: 'https://jp.example', jwksUrl: 'https://jp.example/jwks.json' };
const KEY = { kty: 'OKP', crv: 'Ed25519', x: 'abc' };
const eu = { isLocal: (code: string) => code === 'EU', isProduction: false };

function linesOf(entries: unknown, terms = eu): readonly string[] {
  try {
    parsePartners(JSON.stringify(entries), terms);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  throw new Error('the partners were accepted');
}

test('an entry needs a code, whose partner it is, an issuer and keys; the rest follows from them', () => {
  expect(parsePartners(JSON.stringify([JP]), eu)).toEqual([
    {
      ...JP,
      administrations: ['JP'],
      jwks: null,
      tokenEndpoint: null,
      clientId: null,
      pushOrigins: ['https://jp.example'],
      receiveBy: 'poll',
      cadenceSeconds: 86_400,
    },
  ]);
});

test('everything can be said', () => {
  const { jwksUrl: _, ...entry } = JP;
  const full = {
    ...entry,
    administrations: ['JP', 'KR'],
    jwks: { keys: [KEY] },
    tokenEndpoint: 'https://id.jp.example/token',
    clientId: 'eu',
    pushOrigins: ['https://push.jp.example:8443'],
    receiveBy: 'push',
    cadenceSeconds: 60,
  };
  expect(parsePartners(JSON.stringify([full]), { ...eu, isProduction: true })).toEqual([{ ...full, jwksUrl: null }]);
});

describe('a field that is wrong is named', () => {
  test.each<[string, object, RegExp]>([
    ['no keys', { jwksUrl: undefined }, /^PARTNERS_FILE \/0\/jwksUrl must be set, or jwks$/],
    ['keys twice', { jwks: { keys: [KEY] } }, /^PARTNERS_FILE \/0\/jwks must not be set beside jwksUrl$/],
    [
      'a private key',
      { jwksUrl: undefined, jwks: { keys: [{ ...KEY, d: 'x' }] } },
      /^PARTNERS_FILE \/0\/jwks\/keys\/0 .*private$/,
    ],
    [
      'a shared secret',
      { jwksUrl: undefined, jwks: { keys: [{ kty: 'oct', k: 'x' }] } },
      /^PARTNERS_FILE \/0\/jwks\/keys\/0\/kty /,
    ],
    ['no issuer', { issuer: undefined }, /^PARTNERS_FILE \/0\/issuer must be set$/],
    ['another way to receive', { receiveBy: 'mail' }, /^PARTNERS_FILE \/0\/receiveBy must be one of poll/],
    ['a code', { code: 'jp' }, /^PARTNERS_FILE \/0\/code must be an ISO/],
    ['an issuer with a slash', { issuer: 'https://jp.example/' }, /^PARTNERS_FILE \/0\/issuer must have no slash/],
    [
      'an origin with a path',
      { pushOrigins: ['https://jp.example/x'] },
      /^PARTNERS_FILE \/0\/pushOrigins\/0 must be an origin/,
    ],
    [
      'credentials in an address',
      { jwksUrl: 'https://a:b@jp.example/' },
      /^PARTNERS_FILE \/0\/jwksUrl must be an http/,
    ],
    [
      'a token endpoint without a client',
      { tokenEndpoint: 'https://jp.example/token' },
      /^PARTNERS_FILE \/0\/clientId must be set/,
    ],
    ['a misspelt field', { cadence: 60 }, /^PARTNERS_FILE \/0\/cadence is not known$/],
    [
      'a partner of somebody else',
      { actsAs: 'US' },
      /^PARTNERS_FILE \/0\/actsAs must be one of LOCAL_ADMINISTRATIONS$/,
    ],
    ['ourselves', { administrations: ['JP', 'EU'] }, /^PARTNERS_FILE \/0\/administrations must not name EU/],
  ])('%s', (_, change, line) => {
    const lines = linesOf([{ ...JP, ...change }]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
  });

  test('two partners of one code, one issuer, one administration', () => {
    expect(linesOf([JP, JP])).toEqual([
      'PARTNERS_FILE /1/code is that of another partner',
      'PARTNERS_FILE /1/issuer is that of another partner',
      'PARTNERS_FILE /1/administrations names JP, as another partner does',
    ]);
  });

  test('production wants https and a token endpoint, except of a partner that is not called', () => {
    const plain = { ...JP, issuer: 'http://jp.example', jwksUrl: 'http://jp.example/jwks.json' };
    expect(linesOf([plain], { ...eu, isProduction: true })).toEqual([
      'PARTNERS_FILE /0/issuer must be https when NODE_ENV=production',
      'PARTNERS_FILE /0/jwksUrl must be https when NODE_ENV=production',
      'PARTNERS_FILE /0/pushOrigins must be https when NODE_ENV=production',
      'PARTNERS_FILE /0/tokenEndpoint must be set when NODE_ENV=production',
    ]);
    expect(parsePartners(JSON.stringify([plain]), eu)).toHaveLength(1);
    expect(
      parsePartners(JSON.stringify([{ ...JP, receiveBy: 'nothing' }]), { ...eu, isProduction: true }),
    ).toHaveLength(1);
  });
});

test('a file that is not there, and one that is not a JSON array', async () => {
  await expect(readPartnerFile('/nowhere/partners.json', eu)).rejects.toThrow(
    'PARTNERS_FILE /nowhere/partners.json cannot be read: ENOENT',
  );
  expect(() => parsePartners('{', eu)).toThrow('PARTNERS_FILE is not JSON');
  expect(() => parsePartners('{}', eu)).toThrow(/^PARTNERS_FILE must be a JSON array$/);
  expect(linesOf(Array.from({ length: 501 }, () => JP))).toEqual(['PARTNERS_FILE must hold at most 500 partners']);
});
