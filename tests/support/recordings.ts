import { type Actor, appendChange, type Database, type Recording, record } from '@mra/registry';
import type { TestDatabase } from './database.ts';

export const aWriter: Actor = { client: 'writer', administration: 'EU' };

export const aNumber = (index: number): string => `DEAEOF${String(index).padStart(8, '0')}`;

/** An entry of the change log. */
export const anEntry = (id: string, changesNetwork = false) =>
  ({
    administration: changesNetwork ? null : 'EU',
    subject: changesNetwork ? 'programme' : 'membership',
    id,
    changesNetwork,
    payload: {},
  }) as const;

/** As the work of a recording: appends an entry, and gives its number. */
export const append = (id: string) => (recording: Recording) => appendChange(recording, anEntry(id));

export interface LogEntry {
  readonly seq: number;
  readonly recorded_at: string;
  readonly network_version: number;
}

/** The whole change log. */
export async function changeLog(database: TestDatabase): Promise<readonly LogEntry[]> {
  return (await database.asOwner('select seq::int, recorded_at, network_version from change_log order by seq')).rows;
}

/** A recording that stays open until it is closed; `opened` resolves with its instant. */
export function openRecording(
  db: Database,
  work: (recording: Recording) => Promise<unknown>,
  { aheadSeconds = 0 }: { readonly aheadSeconds?: number } = {},
): { readonly opened: Promise<string>; readonly done: Promise<void>; close(): void } {
  const opened = Promise.withResolvers<string>();
  const closing = Promise.withResolvers<void>();
  const run = async (recording: Recording): Promise<void> => {
    await work(recording);
    opened.resolve(recording.recordedAt);
    await closing.promise;
  };
  const done = record(db, aWriter, run, { aheadSeconds });
  done.catch(opened.reject);
  return { opened: opened.promise, done, close: () => closing.resolve() };
}
