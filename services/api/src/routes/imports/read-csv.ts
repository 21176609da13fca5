import { pipeline, type Readable } from 'node:stream';
import { type CsvColumn, csvHeaderErrors, type FieldError, fromCsvRecord, problem } from '@mra/contracts';
import { CsvError, type Info, parse } from 'csv-parse';
import { type ListLine, LONGEST_LINE } from './list-line.ts';
import { utf8Only } from './utf8-only.ts';

interface Row {
  readonly record: readonly string[];
  readonly info: Info;
}

/**
 * The records of a CSV list (RFC 4180, comma, header line) as they arrive. An empty file is an empty list.
 * @throws VALIDATION_FAILED for what is not UTF-8, for a wrong header, and for quotes that leave open where records end
 */
export async function* readCsv(stream: Readable): AsyncGenerator<readonly ListLine[]> {
  const parser = parse({
    bom: true,
    info: true,
    max_record_size: LONGEST_LINE,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
  });
  // Errors of both reach the loop through the parser.
  const rows: AsyncIterable<Row> = pipeline(stream, utf8Only, parser, () => undefined);
  const lineOf = lineCounter();
  let header: readonly CsvColumn[] | null = null;
  try {
    for await (const row of rows) {
      const line = lineOf(row);
      if (header === null) header = readHeader(row.record);
      else yield [readRow(header, row.record, line)];
    }
  } catch (error) {
    throw error instanceof CsvError ? malformed(error) : error;
  }
}

function readHeader(cells: readonly string[]): readonly CsvColumn[] {
  const header = cells.map((cell) => cell.trim());
  const errors = csvHeaderErrors(header);
  if (errors.length > 0) {
    throw problem('VALIDATION_FAILED', { detail: 'The header line is not that of an import.', errors });
  }
  return header as CsvColumn[];
}

function readRow(header: readonly CsvColumn[], cells: readonly string[], line: number): ListLine {
  const record = Object.fromEntries(header.map((column, index) => [column, cells[index] ?? '']));
  if (cells.length !== header.length) {
    const detail = `has ${cells.length} cells, the header ${header.length}`;
    return { line, code: 'COLUMN_COUNT', detail, number: record.number?.trim() || null };
  }
  const size = cells.reduce((sum, cell) => sum + cell.length, 0);
  return { line, value: fromCsvRecord(record), size };
}

/** The line on which a row begins; the parser tells where it ends, and counts a CRLF within quotes twice. */
function lineCounter(): (row: Row) => number {
  let countedTwice = 0;
  return ({ record, info }) => {
    const breaks = record.flatMap((cell) => cell.match(/\r\n|\r|\n/g) ?? []);
    countedTwice += breaks.filter((it) => it === '\r\n').length;
    return info.lines - countedTwice - breaks.length;
  };
}

/** Never the parser's own words, which repeat cells. */
function malformed({ code, lines }: CsvError): Error {
  const what =
    code === 'CSV_MAX_RECORD_SIZE'
      ? `a record has more than ${LONGEST_LINE} bytes; is a quote left open before it?`
      : code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quote is left open up to the end of the file'
        : 'a quote within a cell must be doubled, and the cell quoted';
  return problem('VALIDATION_FAILED', {
    detail: 'The body is not CSV.',
    errors: [{ pointer: '', detail: `line ${String(lines)}: ${what}` }],
  });
}

/** What is wrong with an NDJSON line in the terms of a CSV list: its columns, as `/validFrom`, and what a cell may hold. */
export function inCsv({ pointer, detail }: FieldError): FieldError {
  const says = pointer.startsWith('/consent/partners/')
    ? 'must be true, false, or partner codes separated by ;'
    : detail;
  return { pointer: columnOf(pointer), detail: says };
}

function columnOf(pointer: string): string {
  const [, field = '', , part] = pointer.split('/');
  if (field === 'names') return '/name';
  if (field === 'addresses') return part === undefined ? '' : `/${part}`;
  return field === '' ? '' : `/${field}`;
}
