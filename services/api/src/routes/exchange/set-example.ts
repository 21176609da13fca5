import { memberSubject, SET_TYP } from '@mra/exchange-protocol';

const FROM = '2019-04-01T00:00:00.000Z';

/** What EU tells JP of a member: in a line of a snapshot as it stands, in an event with its `seq`. */
export const TOLD = {
  agreement: 'eu-jp-2010',
  record: {
    programme: 'eu-aeo',
    number: 'DEAEOF00012345',
    version: 3,
    type: 'AEOF',
    statuses: [
      { component: 'AEOC', type: 'AEOF', status: 'active', from: FROM, to: null },
      { component: 'AEOS', type: 'AEOF', status: 'active', from: FROM, to: null },
    ],
    identifiers: [{ scheme: 'eori', value: 'DE123456789012345', from: null, to: null }],
    names: [{ name: 'Muster Logistik GmbH', kind: 'legal', language: 'de' }],
    addresses: [],
    roles: [],
    validFrom: FROM,
    validTo: null,
    validatedOn: null,
    issuingCountry: 'DE',
    issuingOffice: 'DE004600',
  },
  communicated: { from: FROM, to: null },
} as const;

const header = { typ: SET_TYP, alg: 'EdDSA', kid: 'k1' };
const claims = {
  iss: 'https://aeo.eu.example',
  aud: 'https://aeo.jp.example',
  jti: '756e69717565206964656e746966696572',
  iat: 1_795_338_000,
  toe: 1_795_337_999,
  sub_id: memberSubject(TOLD.record),
  events: { 'urn:aeo-mra:event:membership-published': { seq: 1042, ...TOLD } },
} as const;

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A security event token as the document shows it; its signature is none. */
export const setExample = {
  jti: claims.jti,
  compact: `${encoded(header)}.${encoded(claims)}.c2lnbmF0dXJl`,
  /** In the words of the document: what is in a token, and an example. */
  description: [
    'Decoded, header and claims are (RFC 8417):',
    `\`\`\`json\n${JSON.stringify(header)}\n${JSON.stringify(claims, null, 2)}\n\`\`\``,
    '`sub_id` is `{"format":"uri","uri":"urn:aeo-mra:member:<programme>:<number>"}` with the number percent-encoded, and ' +
      '`{"format":"opaque","id":"<stream id>"}` in verification and stream-updated events. Received, that of a member may be missing, opaque or ' +
      'another URI, and is not compared then: the payload says whom the event is about. A URI that begins with `urn:aeo-mra:member:` must ' +
      'name that member, and verification and stream-updated events their stream.',
    '`communicated` is the period for which consent covers the receiver, `to` the first moment no longer in it; it takes effect at its ' +
      'instants on both sides. Absent or null: at all times.',
  ].join('\n\n'),
} as const;
