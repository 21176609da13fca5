import { isIP } from 'node:net';
import type { Algorithm } from '@mra/http';
import { z } from 'zod';
import { Secret } from './secret.ts';

const ALGORITHMS: readonly string[] = ['EdDSA', 'ES256', 'PS256', 'RS256'] satisfies readonly Algorithm[];

/** An issuer of access tokens and the address of its keys. */
export interface ConfiguredIssuer {
  readonly issuer: string;
  readonly jwksUrl: URL;
}

/** A variable read by `read`, which gives null for what cannot be used; `says` completes "must be …". Values are never repeated. */
function variable<Value>(read: (text: string) => Value | null, says: string) {
  return z.string().transform((given, context) => {
    const value = read(given.trim());
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: `must be ${says}` });
    return z.NEVER;
  });
}

export const text = variable((given) => given || null, 'a text');

export function whole(min: number, max: number) {
  const read = (given: string) => (/^\d{1,9}$/.test(given) ? Number(given) : null);
  const within = (value: number | null) => (value !== null && value >= min && value <= max ? value : null);
  return variable((given) => within(read(given)), `a whole number from ${min} to ${max}`);
}

export function oneOf<const Word extends string>(...words: readonly Word[]) {
  return variable((given) => words.find((word) => word === given) ?? null, `one of ${words.join(', ')}`);
}

export const onOff = variable((given) => (given === 'on' || given === 'off' ? given === 'on' : null), 'on or off');

export const databaseUrl = variable(
  (given) => (isUrl(given, ['postgres:', 'postgresql:']) ? new Secret(given) : null),
  'a URL such as postgres://user:password@host:5432/name',
);

/** As others reach the service: what its tokens and events say of themselves. */
export const publicUrl = variable(
  (given) => (isUrl(given, ['https:', 'http:']) && /^https?:\/\/[^\s?#@]+[^\s?#@/]$/.test(given) ? given : null),
  'an http or https URL without credentials, query or a slash at its end',
);

export const administrations = listOf(
  (given) => (/^[A-Z]{2}$/.test(given) ? given : null),
  'ISO 3166-1 alpha-2 codes in capitals, or EU, separated by commas',
);

export const algorithms = listOf(
  (given) => (ALGORITHMS.includes(given) ? (given as Algorithm) : null),
  `some of ${ALGORITHMS.join(', ')}, separated by commas`,
);

export const proxies = listOf(
  (given) => (isNetwork(given) ? given : null),
  'addresses or networks such as 10.0.0.0/8, separated by commas',
);

export const issuers = listOf(
  readIssuer,
  'pairs issuer=jwks-url separated by commas, the URLs with https, or http on this machine',
);

function listOf<Item>(read: (text: string) => Item | null, says: string) {
  return variable((given): readonly Item[] | null => {
    const items = given.split(',').map((item) => read(item.trim()));
    return items.every((item) => item !== null) ? items : null;
  }, says);
}

/** An issuer has no query string (RFC 8414 section 2), so its first `=` ends it. */
function readIssuer(given: string): ConfiguredIssuer | null {
  const [, issuer, url = ''] = /^([^=\s]+)=(\S+)$/.exec(given) ?? [];
  if (issuer === undefined || !isUrl(url, ['https:', 'http:'])) return null;
  const jwksUrl = new URL(url);
  const isSafe = jwksUrl.protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(jwksUrl.hostname);
  return isSafe ? { issuer, jwksUrl } : null;
}

function isNetwork(given: string): boolean {
  const [address = '', prefix, ...rest] = given.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

function isUrl(given: string, protocols: readonly string[]): boolean {
  return URL.canParse(given) && protocols.includes(new URL(given).protocol);
}
