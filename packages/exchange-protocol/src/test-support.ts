import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { OutgoingEvent } from './events.ts';
import { CanonicalRecord } from './record.ts';
import { memberSubject } from './subject.ts';
import type { SetToSign, SigningKey } from './tokens.ts';
import type { SetExpectations } from './verify-set.ts';

export const NOW = '2026-11-22T09:00:00.000Z';
export const EU = 'https://eu.example';
export const JP = 'https://jp.example';
export const MEMBER = { programme: 'eu-aeo', number: 'DEAEOF00012345' };

/** A record as a partner sends it, read. */
export function aRecord(changes: Record<string, unknown> = {}): CanonicalRecord {
  return CanonicalRecord.parse({ ...aSentRecord(), ...changes });
}

export function aSentRecord() {
  return {
    ...MEMBER,
    version: 3,
    type: 'AEOF',
    statuses: [
      { component: 'AEOC', type: 'AEOF', status: 'active', from: '2019-04-01', to: null },
      { component: 'AEOS', type: 'AEOF', status: 'active', from: '2019-04-01', to: '2022-05-01' },
      { component: 'AEOS', type: 'AEOF', status: 'suspended', from: '2022-05-01', to: '2022-06-01' },
      { component: 'AEOS', type: 'AEOF', status: 'active', from: '2022-06-01', to: '2027-01-01' },
      { component: 'AEOS', type: 'AEOF', status: 'expired', from: '2027-01-01', to: null },
    ],
    identifiers: [
      { scheme: 'eori', value: 'DE123456789012345', from: '2019-04-01', to: null },
      { scheme: 'lei', value: '5493001KJTIIGC8Y1R12', from: null, to: null },
    ],
    names: [{ name: 'Muster Logistik GmbH', kind: 'legal', language: 'de' }],
    addresses: [{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
    roles: ['exporter', 'importer'],
    validFrom: '2019-04-01',
    validTo: null,
    validatedOn: '2019-03-15',
    issuingCountry: 'DE',
    issuingOffice: 'DE004600',
  };
}

export function anEvent(changes: Record<string, unknown> = {}): OutgoingEvent {
  const payload = { seq: 1, agreement: 'eu-jp-2010', record: aSentRecord(), ...changes };
  return { name: 'statusChanged', payload } as OutgoingEvent;
}

export function aSet(changes: Partial<SetToSign> = {}): SetToSign {
  return {
    issuer: EU,
    audience: JP,
    jti: '4d3559ec67504aaba65d40b0363faad8',
    iat: NOW,
    subject: memberSubject(MEMBER),
    event: anEvent(),
    ...changes,
  };
}

export async function aKey(alg: 'EdDSA' | 'ES256' | 'RS256', kid: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { signing: { key: privateKey, kid, alg: alg as SigningKey['alg'] }, jwk };
}

export function expectations(keys: JWK[], changes: Partial<SetExpectations> = {}): SetExpectations {
  return { keys: { keys }, issuer: EU, audience: JP, ...changes };
}
