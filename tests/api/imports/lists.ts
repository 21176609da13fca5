import { CSV_COLUMNS, type CsvColumn, type ImportResult } from '@mra/contracts';
import type { Scope } from '@mra/http';
import type { LightMyRequestResponse } from 'fastify';
import { as, type TestApi } from '../../support/api.ts';

export const numberOf = (index: number): string => `1${String(index).padStart(16, '0')}`;

/** A member of the Japanese programme, as a line of NDJSON. */
export const aLine = (index: number, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  number: numberOf(index),
  type: 'EXPORTER',
  validFrom: '2020-01-01',
  names: [{ name: `Invented Trading ${index} K.K.`, kind: 'legal' }],
  ...fields,
});

export const aList = (count: number, from = 0): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, index) => aLine(from + index));

export const ndjson = (records: readonly unknown[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Rows as CSV; cells are quoted where they must be. */
export function csv(
  rows: readonly Partial<Record<CsvColumn, string>>[],
  columns: readonly CsvColumn[] = CSV_COLUMNS,
): string {
  const cell = (text = '') => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (cells: readonly (string | undefined)[]) => `${cells.map(cell).join(',')}\r\n`;
  return line(columns) + rows.map((row) => line(columns.map((column) => row[column]))).join('');
}

export interface ImportOptions {
  readonly query?: string;
  readonly type?: string;
  readonly scopes?: readonly Scope[];
  readonly administration?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Imports for `jp-aeo` by its own administration, unless told otherwise, and what they lead to. */
export function importsOf({ app }: TestApi) {
  const tokenOf = ({ scopes = ['registry:write'], administration = 'JP' }: ImportOptions) =>
    as(scopes, administration ?? undefined);
  const post = async (payload: string | Buffer, options: ImportOptions = {}): Promise<LightMyRequestResponse> => {
    const { query = 'programme=jp-aeo&mode=delta', type = 'application/x-ndjson', headers = {} } = options;
    const sent = { ...(await tokenOf(options)), 'content-type': type, ...headers };
    return app.inject({ method: 'POST', url: `/v1/imports?${query}`, headers: sent, payload });
  };
  return {
    post,
    /** The result of an import that must succeed. */
    load: async (payload: string | Buffer, options: ImportOptions = {}): Promise<ImportResult> => {
      const response = await post(payload, options);
      if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${response.body}`);
      return response.json() as ImportResult;
    },
    member: async (number: string, administration = 'JP', programme = 'jp-aeo'): Promise<LightMyRequestResponse> =>
      app.inject({
        url: `/v1/programmes/${programme}/memberships/${encodeURIComponent(number)}`,
        headers: await as(['registry:read'], administration),
      }),
    /** The reason of the answer to a broker who asks in Korea; at an instant, or now. */
    ask: async (identifier: string, fields: Readonly<Record<string, string>> = {}): Promise<string> => {
      const question = { recogniser: 'KR', identifier, role: 'exporter', ...fields };
      const response = await app.inject({
        method: 'POST',
        url: '/v1/recognition',
        headers: await as(['recognition:read']),
        payload: question,
      });
      return response.json().reason;
    },
  };
}

/** The counts of a result, in short. */
export const counts = ({
  received,
  created,
  updated,
  unchanged,
  ended,
  rejected,
}: ImportResult): Record<string, number> => ({
  received,
  created,
  updated,
  unchanged,
  ended,
  rejected,
});

export const FULL = 'programme=jp-aeo&mode=full';
