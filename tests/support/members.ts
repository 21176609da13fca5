import type { Scope } from '@mra/http';
import type { LightMyRequestResponse } from 'fastify';
import { as, type TestApi } from './api.ts';

/** A membership as it is written; every field can be changed. */
export const aMember = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  type: 'AEOF',
  validFrom: '2019-04-01',
  issuingCountry: 'DE',
  names: [{ name: 'Muster Logistik GmbH', kind: 'legal', language: 'de' }],
  roles: ['exporter'],
  consent: { given: true, partners: null, from: '2019-04-01' },
  ...changes,
});

export const memberUrl = (number: string, programme = 'eu-aeo'): string =>
  `/v1/programmes/${programme}/memberships/${encodeURIComponent(number)}`;

export interface RequestOptions {
  readonly administration?: string | null;
  readonly programme?: string;
  readonly client?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Requests about members of the EU, by its administration unless told otherwise (`administration: null`: a broker). */
export function membersOf(api: TestApi) {
  const send = async (
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    url: string,
    scope: Scope,
    payload?: object,
    { administration = 'EU', client, headers = {} }: RequestOptions = {},
  ): Promise<LightMyRequestResponse> => {
    const token = await as([scope], administration ?? undefined, client === undefined ? {} : { client });
    return api.app.inject({ method, url, headers: { ...token, ...headers }, ...(payload && { payload }) });
  };
  return {
    put: (number: string, record: object = aMember(), options: RequestOptions = {}) =>
      send('PUT', memberUrl(number, options.programme), 'registry:write', record, options),
    event: (number: string, event: object, options: RequestOptions = {}) =>
      send('POST', `${memberUrl(number, options.programme)}/events`, 'registry:write', event, options),
    get: (number: string, query = '', options: RequestOptions = {}) =>
      send('GET', `${memberUrl(number, options.programme)}${query}`, 'registry:read', undefined, options),
    history: (number: string, options: RequestOptions = {}) =>
      send('GET', `${memberUrl(number, options.programme)}/history`, 'registry:read', undefined, options),
    search: (query: Readonly<Record<string, string>>, options: RequestOptions = {}) =>
      send('GET', `/v1/memberships?${new URLSearchParams(query)}`, 'registry:read', undefined, options),
    suspendLocally: (number: string, body: object | undefined, options: RequestOptions = {}) =>
      send('PUT', suspensionUrl(number, options.programme), 'registry:write', body, {
        administration: 'JP',
        ...options,
      }),
    endLocally: (number: string, options: RequestOptions = {}) =>
      send('DELETE', suspensionUrl(number, options.programme), 'registry:write', undefined, {
        administration: 'JP',
        ...options,
      }),
    ask: (question: object, options: RequestOptions = {}) =>
      send(
        'POST',
        '/v1/recognition',
        'recognition:read',
        { recogniser: 'JP', ...question },
        { administration: null, ...options },
      ),
  };
}

const suspensionUrl = (number: string, programme = 'eu-aeo'): string =>
  `/v1/local-suspensions/${programme}/${encodeURIComponent(number)}`;
