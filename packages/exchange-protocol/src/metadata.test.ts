import { expect, test } from 'vitest';
import { metadataUrl, plainHttpFields, readMetadata, TransmitterMetadata, transmitterMetadata } from './metadata.ts';
import { EU } from './test-support.ts';

const made = (issuer = EU) =>
  transmitterMetadata({
    issuer,
    jwks: `${issuer}/.well-known/jwks.json`,
    configuration: `${issuer}/exchange/streams`,
    status: `${issuer}/exchange/status`,
    verification: `${issuer}/exchange/verification`,
  });

test('what is made is what is read, and says version, keys and both methods', () => {
  expect(TransmitterMetadata.parse(made())).toEqual(made());
  expect(made()).toMatchObject({
    spec_version: '1_0',
    issuer: EU,
    jwks_uri: `${EU}/.well-known/jwks.json`,
    delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
  });
});

test('members with no elements are left out (SSF 7.2.3: MUST)', () => {
  for (const value of Object.values(made())) if (Array.isArray(value)) expect(value.length).toBeGreaterThan(0);
  expect(TransmitterMetadata.safeParse({ issuer: EU, authorization_schemes: [] }).success).toBe(false);
});

test.each([
  ['https://eu.example', 'https://eu.example/.well-known/ssf-configuration'],
  ['https://eu.example/', 'https://eu.example/.well-known/ssf-configuration'],
  ['https://eu.example/aeo/', 'https://eu.example/.well-known/ssf-configuration/aeo'],
  ['https://eu.example:8443/a/b', 'https://eu.example:8443/.well-known/ssf-configuration/a/b'],
])('the metadata of %s are at %s (SSF 7.2: MUST)', (issuer, url) => {
  expect(metadataUrl(issuer)).toBe(url);
});

test('metadata of another issuer than was asked are not used (SSF 7.2.4: MUST)', () => {
  expect(readMetadata({ ...made(), other: 1 }, EU)).toEqual(made());
  expect(readMetadata(made(), `${EU}/`)).toBeNull();
  expect(readMetadata({ ...made(), issuer: 'https://us.example' }, EU)).toBeNull();
  expect(readMetadata('<html>', EU)).toBeNull();
});

test.each(['https://eu.example/?x=1', 'https://eu.example/#x', 'eu.example'])(
  '%s is no issuer: neither query nor fragment (SSF 7.1)',
  (issuer) => {
    expect(TransmitterMetadata.safeParse({ ...made(), issuer }).success).toBe(false);
  },
);

test('URLs that are not https are found (SSF 7.1: MUST use HTTP over TLS)', () => {
  expect(plainHttpFields(made())).toEqual([]);
  expect(plainHttpFields({ ...made(), status_endpoint: 'http://eu.example/' })).toEqual(['/status_endpoint']);
  const stream = {
    stream_id: 's1',
    iss: 'http://eu.example',
    aud: 'http://is-no-address.example',
    events_delivered: [],
    delivery: { method: 'urn:ietf:rfc:8936' as const, endpoint_url: 'http://eu.example/poll' },
  };
  expect(plainHttpFields(stream)).toEqual(['/iss', '/delivery/endpoint_url']);
});
