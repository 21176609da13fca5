/** What no line may hold, whatever the case and the encoding. Each stands where a request really has such a thing. */
export const SECRETS = {
  name: 'Geheimrat Verschwiegen GmbH',
  street: 'Schweigegasse 77',
  city: 'Stillhausen',
  postalCode: 'PLZ-98765-X',
  number: 'DEAEOF00SECRET1',
  eori: 'DE777SECRET777',
  identifier: 'CTPAT-SECRET-4711',
  note: 'confidential inquiry into smuggling',
  key: 'idempotent-secret-key',
} as const;

const MEMBER = `/v1/programmes/eu-aeo/memberships/${SECRETS.number}`;

const record = {
  type: 'AEOF',
  validFrom: '2020-01-01',
  issuingCountry: 'DE',
  names: [{ name: SECRETS.name, kind: 'legal' }],
  addresses: [
    { kind: 'site', street: SECRETS.street, city: SECRETS.city, postalCode: SECRETS.postalCode, country: 'DE' },
  ],
  identifiers: [{ scheme: 'eori', value: SECRETS.eori }],
  consent: { given: true },
};
export const question = { recogniser: 'JP', identifier: SECRETS.identifier, name: SECRETS.name };
const lines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const query = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();

export interface Sent {
  readonly what: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly type?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
}

/** Requests of every kind that hold something secret, in this order. */
export const REQUESTS: readonly Sent[] = [
  {
    what: 'a membership',
    method: 'PUT',
    url: MEMBER,
    body: record,
    headers: { 'idempotency-key': SECRETS.key },
    status: 201,
  },
  {
    what: 'it with another key',
    method: 'PUT',
    url: MEMBER,
    body: { ...record, roles: [] },
    headers: { 'idempotency-key': SECRETS.key },
    status: 422,
  },
  {
    what: 'an event',
    method: 'POST',
    url: `${MEMBER}/events`,
    body: { type: 'suspended', note: SECRETS.note },
    status: 201,
  },
  {
    what: 'an event that may not follow',
    method: 'POST',
    url: `${MEMBER}/events`,
    body: { type: 'suspended', note: SECRETS.note },
    status: 409,
  },
  { what: 'its history', url: `${MEMBER}/history`, status: 200 },
  { what: 'it, in a query string too', url: `${MEMBER}?${query({ name: SECRETS.name })}`, status: 400 },
  { what: 'nobody', url: `/v1/programmes/eu-aeo/memberships/${SECRETS.identifier}`, status: 404 },
  {
    what: 'a stale version',
    method: 'PUT',
    url: MEMBER,
    body: record,
    headers: { 'if-match': `"${SECRETS.key}"` },
    status: 412,
  },
  { what: 'a search', url: `/v1/memberships?${query({ name: SECRETS.name, identifier: SECRETS.eori })}`, status: 200 },
  { what: 'a search by a wrong field', url: `/v1/memberships?${query({ [SECRETS.name]: SECRETS.eori })}`, status: 400 },
  { what: 'a question as query string', url: `/v1/recognition?${query(question)}`, status: 200 },
  { what: 'a bad one', url: `/v1/recognition?${query({ ...question, role: SECRETS.name })}`, status: 400 },
  { what: 'a question', method: 'POST', url: '/v1/recognition', body: question, status: 200 },
  {
    what: 'one of a later field',
    method: 'POST',
    url: '/v1/recognition',
    body: { ...question, [SECRETS.eori]: SECRETS.name },
    status: 400,
  },
  {
    what: 'one of a name too long',
    method: 'POST',
    url: '/v1/recognition',
    body: { ...question, name: SECRETS.name.repeat(20) },
    status: 400,
  },
  {
    what: 'one that breaks off',
    method: 'POST',
    url: '/v1/recognition',
    type: 'application/json',
    body: JSON.stringify(question).slice(0, -3),
    status: 400,
  },
  {
    what: 'one that is not JSON',
    method: 'POST',
    url: '/v1/recognition',
    type: 'application/json',
    body: SECRETS.name,
    status: 400,
  },
  {
    what: 'one in another form',
    method: 'POST',
    url: '/v1/recognition',
    type: `text/x-${SECRETS.key}`,
    body: SECRETS.name,
    status: 415,
  },
  {
    what: 'a batch',
    method: 'POST',
    url: '/v1/recognition/batch',
    body: { questions: [question, { name: SECRETS.name }] },
    status: 200,
  },
  {
    what: 'lines',
    method: 'POST',
    url: '/v1/recognition/batch',
    type: 'application/x-ndjson',
    body: `${lines(question)}{"name": "${SECRETS.name}`,
    status: 200,
  },
  {
    what: 'a list',
    method: 'POST',
    url: '/v1/imports?programme=eu-aeo&mode=delta',
    type: 'application/x-ndjson',
    body: lines({ ...record, number: 'DEAEOF00SECRET2' }, { number: SECRETS.number, name: SECRETS.name }),
    status: 200,
  },
  {
    what: 'a list as CSV',
    method: 'POST',
    url: '/v1/imports?programme=eu-aeo&mode=delta',
    type: 'text/csv',
    body: `number,type,validFrom,name,street\n${SECRETS.number},AEOX,yesterday,${SECRETS.name},${SECRETS.street}\n`,
    status: 200,
  },
  {
    what: 'a list without a header',
    method: 'POST',
    url: '/v1/imports?programme=eu-aeo&mode=delta',
    type: 'text/csv',
    body: `${SECRETS.number},AEOF,2020-01-01,${SECRETS.name}\n`,
    status: 400,
  },
  {
    what: 'a suspension of nobody',
    method: 'PUT',
    url: `/v1/local-suspensions/us-ctpat/${SECRETS.identifier}`,
    body: { note: SECRETS.note },
    status: 404,
  },
  { what: 'an unknown path', url: `/v1/${SECRETS.number}/${encodeURIComponent(SECRETS.name)}`, status: 404 },
  { what: 'an unknown method', method: 'PATCH', url: MEMBER, body: record, status: 405 },
  { what: 'a path that cannot be decoded', url: `/v1/programmes/%zz${SECRETS.number}`, status: 400 },
  { what: 'a path too long', url: `/v1/programmes/eu-aeo/memberships/${SECRETS.number.repeat(60)}`, status: 414 },
];
