import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedDatabaseError } from './errors.ts';

const SQLITE_BUSY = 5;

/** A lock that nothing refers to would be released when its memory is. */
const held = new Set<DatabaseSync>();

export interface FolderLock {
  release(): void;
}

/**
 * Makes this process the only service on a data folder, or fails at once. The witness is a lock that the operating system
 * keeps on the file `lock` (Node has no flock; SQLite takes one on every platform): it ends with the process that holds
 * it, SIGKILL included, so there is no stale lock to judge by a pid that may belong to somebody else by now.
 * @throws EmbeddedDatabaseError `FOLDER_IN_USE`, or `FOLDER_NOT_USABLE` when the file cannot be locked.
 */
export function lockFolder(dataDir: string): FolderLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dataDir, 'lock'), { timeout: 0 });
    // Nothing is ever written, so no journal is wanted beside the file.
    database.exec('pragma journal_mode = off; begin exclusive');
  } catch (cause) {
    database?.close();
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) {
      const message = `The data folder ${dataDir} is in use by another running service: end that one, or set DATA_DIR to another folder`;
      throw new EmbeddedDatabaseError('FOLDER_IN_USE', message, { cause });
    }
    throw new EmbeddedDatabaseError(
      'FOLDER_NOT_USABLE',
      `The data folder ${dataDir} cannot be locked (${(cause as Error).message}): ` +
        'check its owner and mode, or set DATA_DIR to another folder',
      { cause },
    );
  }
  const lock = database;
  held.add(lock);
  return {
    release: () => {
      if (held.delete(lock)) lock.close();
    },
  };
}
