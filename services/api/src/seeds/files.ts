import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Database, Recording } from '@mra/registry';

const FOLDER = new URL('../../../../db/seeds/', import.meta.url);

export interface SeedFile {
  readonly name: string;
  readonly sha256: string;
  readonly rows: readonly unknown[];
}

/** The JSON files of a folder of `db/seeds`, by name, with the sum by which a start knows them again. */
export async function readSeeds(folder: 'reference' | 'demo'): Promise<readonly SeedFile[]> {
  const names = (await readdir(new URL(`${folder}/`, FOLDER))).filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(`${folder}/${name}`, FOLDER), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      return { name: `${folder}/${name}`, sha256, rows: JSON.parse(text) as unknown[] };
    }),
  );
}

/** The files that this database has not loaded in their present form. */
export async function unloaded(
  db: Database | Recording['tx'],
  files: readonly SeedFile[],
): Promise<readonly SeedFile[]> {
  const loaded = new Set((await db.selectFrom('seed_load').select('sha256').execute()).map(({ sha256 }) => sha256));
  return files.filter(({ sha256 }) => !loaded.has(sha256));
}

export async function markLoaded({ tx }: Recording, files: readonly SeedFile[]): Promise<void> {
  if (files.length === 0) return;
  await tx
    .insertInto('seed_load')
    .values(files.map(({ name, sha256 }) => ({ name, sha256 })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
