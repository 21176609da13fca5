import { normaliseIdentifier } from '@mra/recognition';
import { type Database, type StagedLine, stageLines, type Upload } from '@mra/registry';
import { type CheckedLine, readableNumber } from './check-line.ts';
import type { ListLine } from './list-line.ts';
import { createRejections, type Rejections } from './rejections.ts';

/** Lines that share one statement, and characters after which fewer do. */
const BATCH = { lines: 500, characters: 1_048_576 };

export interface StagedList {
  readonly received: number;
  /** Lines that wait to be applied, one for each number. */
  readonly accepted: number;
  readonly rejections: Rejections;
}

/**
 * Checks the lines of a list as they arrive and stages them in batches: what is held is one batch, and while it is written no more is
 * read. A line that is wrong is rejected by itself.
 * @param check whether a record can be applied
 * @param pointerOf where a user of the list's format finds the field of a pointer
 */
export async function stageList(
  db: Database,
  upload: Upload,
  lines: AsyncIterable<readonly ListLine[]>,
  check: (value: unknown) => CheckedLine,
  pointerOf: (pointer: string) => string,
): Promise<StagedList> {
  const rejections = createRejections();
  let received = 0;
  let accepted = 0;
  let batch: StagedLine[] = [];
  let characters = 0;

  const flush = async (): Promise<void> => {
    const repeated = await stageLines(db, upload, batch);
    for (const { line, number } of repeated) {
      rejections.add({
        line,
        number,
        pointer: '/number',
        code: 'DUPLICATE_NUMBER',
        detail: 'has been on an earlier line',
      });
    }
    accepted += batch.filter(({ record }) => record !== null).length - repeated.length;
    [batch, characters] = [[], 0];
  };
  const take = (item: ListLine): void => {
    received += 1;
    const { line } = item;
    const checked =
      'value' in item
        ? check(item.value)
        : { ...item, ok: false as const, pointer: '', number: readableNumber(item.number) };
    if (checked.ok) {
      characters += 'size' in item ? item.size : 0;
      batch.push({ line, number: checked.number, normalised: checked.normalised, record: checked.record });
      return;
    }
    const { number, code, detail } = checked;
    rejections.add({ line, number, pointer: pointerOf(checked.pointer), code, detail });
    if (number !== null) batch.push({ line, number, normalised: normaliseIdentifier(number), record: null });
  };

  for await (const group of lines) {
    for (const item of group) {
      take(item);
      if (batch.length >= BATCH.lines || characters >= BATCH.characters) await flush();
    }
  }
  await flush();
  return { received, accepted, rejections };
}
