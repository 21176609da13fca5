import type { Scope } from '@mra/http';
import { currentNetworkVersion } from '@mra/registry';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read field by field
  readonly body: any;
  readonly etag: string | undefined;
}

export interface NetworkApi extends TestApi {
  readonly database: TestDatabase;
  get(url: string): Promise<Answer>;
  put(url: string, body: object, headers?: Record<string, string>, scopes?: readonly Scope[]): Promise<Answer>;
  /** The network version that is known now. */
  version(): Promise<number>;
}

/** The API on the reference data; reads with a token without scopes, writes with `network:write`. */
export async function createNetworkApi(): Promise<NetworkApi> {
  const database = await createTestDatabase();
  const api = await createTestApi(database);
  const send = async (
    method: 'GET' | 'PUT',
    url: string,
    headers: Record<string, string>,
    payload?: object,
  ): Promise<Answer> => {
    const response = await api.app.inject({ method, url, headers, ...(payload && { payload }) });
    return { status: response.statusCode, body: response.json(), etag: response.headers.etag as string | undefined };
  };
  return {
    ...api,
    database,
    get: async (url) => send('GET', url, await as([])),
    put: async (url, body, headers = {}, scopes = ['network:write']) =>
      send('PUT', url, { ...(await as(scopes)), ...headers }, body),
    version: () => currentNetworkVersion(database.db),
  };
}

/** Every row of a list, page by page. */
export async function allRows(api: NetworkApi, url: string, limit = 50): Promise<readonly Answer['body'][]> {
  const rows: Answer['body'][] = [];
  const joint = url.includes('?') ? '&' : '?';
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body } = await api.get(`${url}${joint}limit=${limit}${cursor && `&cursor=${cursor}`}`);
    if (status !== 200) throw new Error(`${url} answers ${status}`);
    rows.push(...body.data);
    cursor = body.nextCursor;
  }
  return rows;
}

/** What is sent to get a document: the answer without what the service adds. */
export function bodyOf(answer: Answer['body']): Record<string, unknown> {
  const { id: _, code: __, version: ___, recordedAt: ____, validFrom: _____, validTo: ______, ...body } = answer;
  return body;
}

export const pointersOf = ({ body }: Answer): string[] =>
  body.errors.map(({ pointer }: { pointer: string }) => pointer);

/** An agreement that is not in the reference data, with one rule of each direction. */
export const anAgreement = (id: string, changes: object = {}) => ({
  title: 'New Zealand – Canada',
  form: 'bilateral',
  parties: ['CA', 'NZ'],
  lifeCycle: 'in_force',
  inForceOn: '2024-01-01',
  reviewedOn: '2026-01-01',
  rules: [
    { id: `${id}:ca-pip>NZ`, programme: 'ca-pip', recogniser: 'NZ' },
    { id: `${id}:nz-ses>CA`, programme: 'nz-ses', recogniser: 'CA', types: ['SES'] },
  ],
  ...changes,
});

/** A programme that is not in the reference data. */
export const aProgramme = (changes: object = {}) => ({
  administration: 'NO',
  name: 'Green lane',
  shortName: 'GL',
  types: [{ code: 'GL', name: 'Green' }],
  ...changes,
});
