import { REJECTIONS_MAX } from '@mra/contracts';
import { normaliseIdentifier } from '@mra/recognition';
import { type Database, rejectRepeated, type StagedLine, stageLines, type Upload } from '@mra/registry';
import { type CheckedLine, readableNumber } from './check-line.ts';
import type { ListLine } from './list-line.ts';
import { createRejections, type Rejections, withMore } from './rejections.ts';

/** Lines that share one statement, and characters after which fewer do. */
const BATCH = { lines: 500, characters: 1_048_576 };

export interface StagedList {
  readonly received: number;
  /** Lines that wait to be applied, one for each number. */
  readonly accepted: number;
  /** Rejected lines whose number could not be read. */
  readonly withoutNumber: number;
  readonly rejections: Rejections;
}

/**
 * Checks the lines of a list as they arrive and stages them in batches: while one is written the next is read, and no more. A line
 * that is wrong is rejected by itself.
 * @param check whether a record can be applied
 */
export async function stageList(
  db: Database,
  upload: Upload,
  lines: AsyncIterable<readonly ListLine[]>,
  check: (value: unknown) => CheckedLine & { readonly facts?: string | null },
): Promise<StagedList> {
  const rejections = createRejections();
  let received = 0;
  let accepted = 0;
  let withoutNumber = 0;
  let batch: StagedLine[] = [];
  let characters = 0;
  let writing: Promise<void> = Promise.resolve();

  const flush = async (): Promise<void> => {
    const full = batch;
    [batch, characters] = [[], 0];
    await writing;
    writing = stageLines(db, upload, full);
    writing.catch(() => undefined); // It is awaited before the next batch, or at the end.
  };
  const take = (item: ListLine): void => {
    received += 1;
    const { line } = item;
    const checked =
      'value' in item
        ? check(item.value)
        : { ...item, ok: false as const, pointer: '', number: readableNumber(item.number) };
    if (checked.ok) {
      accepted += 1;
      characters += 'size' in item ? item.size : 0;
      const { number, normalised, record, facts = null } = checked;
      batch.push({ line, number, normalised, record, facts });
      return;
    }
    const { number, pointer, code, detail } = checked;
    rejections.add({ line, number, pointer, code, detail });
    if (number === null) withoutNumber += 1;
    else batch.push({ line, number, normalised: normaliseIdentifier(number), record: null, facts: null });
  };

  try {
    for await (const group of lines) {
      for (const item of group) {
        take(item);
        if (batch.length >= BATCH.lines || characters >= BATCH.characters) await flush();
      }
    }
    await flush();
  } finally {
    // Also of a list that breaks off: nothing is written after the upload is closed.
    await writing.catch(() => undefined);
  }
  await writing;
  const repeated = await rejectRepeated(db, upload, REJECTIONS_MAX);
  const found = repeated.first.map(({ line, number }) => ({
    line,
    number,
    pointer: '/number',
    code: 'DUPLICATE_NUMBER',
    detail: 'has been on an earlier line',
  }));
  return {
    received,
    accepted: accepted - repeated.count,
    withoutNumber,
    rejections: withMore(rejections, { count: repeated.count, first: found }),
  };
}
