import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { systemCode } from './errors.ts';
import type { Launcher } from './launcher.ts';
import { programEnvironment, runProgram } from './program.ts';

export interface ClusterContext {
  readonly clusterDir: string;
  readonly binaries: Binaries;
  readonly launcher: Launcher;
  readonly log: (line: string) => void;
  readonly fast: boolean;
  /** A pid that a stale `postmaster.pid` names and another program has. */
  readonly stalePid: number | null;
}

/**
 * Makes sure that the folder holds a cluster with the superuser `postgres` and the database `mra`; needs the folder lock.
 * A new one is made in a folder of its own and renamed when complete, so an interrupted start leaves nothing half made.
 * @returns the password of the superuser.
 */
export async function ensureCluster(context: ClusterContext): Promise<string> {
  const { clusterDir } = context;
  await removeInterrupted(clusterDir);
  if (!(await exists(join(clusterDir, 'PG_VERSION')))) return createCluster(context);
  await takeFromRoot(context);
  return (await readPassword(clusterDir)) ?? resetPassword(context);
}

async function createCluster(context: ClusterContext): Promise<string> {
  const { clusterDir, launcher, fast } = context;
  const password = await writePassword(context);
  const temporary = await mkdtemp(`${clusterDir}.initialising-`);
  try {
    if (launcher.owner !== null) await chown(temporary, launcher.owner.uid, launcher.owner.gid);
    await runInitdb(context, temporary);
    await runSingleUser(context, temporary, 'create database mra');
    await rename(temporary, clusterDir);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  if (!fast && process.platform !== 'win32') await syncFolder(dirname(clusterDir));
  return password;
}

async function runInitdb(context: ClusterContext, folder: string): Promise<void> {
  const settings = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile(context.clusterDir)}`];
  // The builtin provider orders text the same on every machine; that of the C library differs between versions.
  const locale = ['--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const flags = context.fast ? ['--no-instructions', '--no-sync'] : ['--no-instructions'];
  await runProgram(context, context.binaries.initdb, [`--pgdata=${folder}`, ...settings, ...locale, ...flags], {
    cwd: folder,
    env: programEnvironment(null),
  });
}

/** A folder copied by root belongs to root, and PostgreSQL serves only its own. */
async function takeFromRoot({ clusterDir, launcher }: ClusterContext): Promise<void> {
  if (launcher.owner === null || (await stat(clusterDir)).uid !== 0) return;
  const { uid, gid } = launcher.owner;
  await promisify(execFile)('chown', ['-R', `${uid}:${gid}`, clusterDir]);
}

async function resetPassword(context: ClusterContext): Promise<string> {
  const password = await writePassword(context);
  await runSingleUser(context, context.clusterDir, `alter role postgres password '${password}'`);
  return password;
}

async function runSingleUser(context: ClusterContext, folder: string, statement: string): Promise<void> {
  const flags = ['-c', 'exit_on_error=on', '-c', `fsync=${context.fast ? 'off' : 'on'}`];
  await runProgram(context, context.binaries.postgres, ['--single', '-D', folder, ...flags, 'postgres'], {
    cwd: folder,
    env: programEnvironment(context.stalePid),
    input: `${statement}\n`,
  });
}

function passwordFile(clusterDir: string): string {
  return `${clusterDir}-password`;
}

async function readPassword(clusterDir: string): Promise<string | null> {
  const text = await readFile(passwordFile(clusterDir), 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  });
  return text.trim() || null;
}

async function writePassword({ clusterDir, launcher }: ClusterContext): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const file = passwordFile(clusterDir);
  await rm(file, { force: true });
  await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  // initdb reads it, as the user who runs PostgreSQL.
  if (launcher.owner !== null) await chown(file, launcher.owner.uid, launcher.owner.gid);
  return password;
}

async function removeInterrupted(clusterDir: string): Promise<void> {
  const parent = dirname(clusterDir);
  const prefix = `${basename(clusterDir)}.initialising-`;
  for (const name of await readdir(parent)) {
    // The initdb of a killed service may still write there; what it leaves goes with the next start.
    if (name.startsWith(prefix))
      await rm(join(parent, name), { recursive: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}
