import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { EmbeddedDatabaseError } from './errors.ts';

const run = promisify(execFile);

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** How PostgreSQL programs are started here. */
export interface Launcher {
  /** Who owns the files of the cluster; null: the user of this process. */
  readonly owner: Owner | null;
  /** As `child_process.spawn`; the pid of the child is that of the program. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
}

/**
 * PostgreSQL refuses to run as root: root starts it as the owner of the existing cluster, else as `postgres`, else as
 * `nobody`. That user need not be able to reach the binaries and the data (a clone in a folder of mode 700): then the
 * programs get one capability to read past folder modes, which changes nothing on the disk.
 * @throws EmbeddedDatabaseError `NO_SUITABLE_USER` when root finds no user who can reach both.
 */
export async function chooseLauncher(binaries: Binaries, dataDir: string, clusterDir: string): Promise<Launcher> {
  if (process.getuid?.() !== 0)
    return { owner: null, spawn: (command, args, options) => spawn(command, args, options) };
  const owner = (await ownerOf(clusterDir)) ?? (await findUser(['postgres', '_postgres', 'nobody']));
  if (owner !== null) {
    // The weaker capability first; Docker's default set has only the stronger one.
    for (const capability of [null, 'dac_read_search', 'dac_override']) {
      const launcher = launcherFor(owner, capability);
      if (await canReach(launcher, binaries.initdb, dataDir)) return launcher;
    }
  }
  throw new EmbeddedDatabaseError(
    'NO_SUITABLE_USER',
    `PostgreSQL does not run as root, and no other user can reach ${dataDir} and ${binaries.initdb}: start as an ordinary ` +
      'user, move the clone and DATA_DIR to a folder that others may enter, or set DATABASE_URL',
  );
}

function launcherFor(owner: Owner, capability: string | null): Launcher {
  if (capability === null) {
    return { owner, spawn: (command, args, options) => spawn(command, args, { ...options, ...owner }) };
  }
  const flags = [
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
    // access(2) ignores the capabilities of an ordinary user without it, and initdb asks access(2) for its binaries.
    '--securebits=+no_setuid_fixup',
  ];
  return { owner, spawn: (command, args, options) => spawn('setpriv', [...flags, command, ...args], options) };
}

async function canReach(launcher: Launcher, program: string, folder: string): Promise<boolean> {
  const probe = launcher.spawn('test', ['-x', program, '-a', '-x', folder], { stdio: 'ignore', cwd: '/' });
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.once('exit', (code) => resolve(code === 0));
  });
}

async function ownerOf(clusterDir: string): Promise<Owner | null> {
  const found = await stat(clusterDir).catch(() => null);
  return found === null || found.uid === 0 ? null : { uid: found.uid, gid: found.gid };
}

async function findUser(names: readonly string[]): Promise<Owner | null> {
  for (const name of names) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
      );
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // No such user: the next name.
    }
  }
  return null;
}
