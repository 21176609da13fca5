import { CSV_COLUMNS, type CsvColumn } from '@mra/contracts';

/** A line of a Japanese list, as NDJSON has it. */
export function aLine(index: number, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    number: `1${String(index).padStart(16, '0')}`,
    type: 'EXPORTER',
    validFrom: '2020-01-01',
    names: [{ name: `Invented Trading ${index} K.K.`, kind: 'legal' }],
    ...fields,
  };
}

export const lines = (count: number, from = 0): Record<string, unknown>[] => Array.from({ length: count }, (_, index) => aLine(from + index));

export const ndjson = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Rows as CSV; cells are quoted where they must be. */
export function csv(rows: readonly Partial<Record<CsvColumn, string>>[], columns: readonly string[] = CSV_COLUMNS): string {
  const cell = (text = '') => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (cells: readonly (string | undefined)[]) => `${cells.map(cell).join(',')}\r\n`;
  return line(columns) + rows.map((row) => line(columns.map((column) => row[column as CsvColumn]))).join('');
}
