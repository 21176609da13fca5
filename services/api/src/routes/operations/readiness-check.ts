import { setTimeout as pause } from 'node:timers/promises';
import { type Database, isMigrated, type ReplicaState, type Replication } from '@mra/registry';
import { tooFarBehind } from '../../freshness.ts';

/** However many ask, the database is asked once a second. */
const KEPT_MS = 1000;
/** A balancer waits for its probe no longer than that as a rule. */
const PATIENCE_MS = 2000;
/**
 * Where the database was fine a minute ago, it gets so long to say so again, and probes are answered meanwhile: a machine under load is
 * slow, and must not be taken out of service for it.
 */
const LATE_MS = 5000;
const SHORT_PATIENCE_MS = 500;
const TRUSTED_MS = 60_000;
/** A question that was lost on the way to the database is asked again. */
const LOST_MS = 10_000;

export interface Readiness {
  /** Why no requests should be sent here; null when they may be. */
  readonly obstacle: string | null;
  readonly cause?: unknown;
  /** How far the database has got, where it is a replica. */
  readonly replica?: ReplicaState;
}

export interface CheckedDatabase {
  readonly db: Database;
  readonly replication: Replication;
  readonly replicaMaxLagSeconds?: number | null | undefined;
}

const SILENT: Readiness = { obstacle: 'The database does not answer.' };

/** Whether the database answers, has every migration and is not too far behind, as found within the last second if it can be. */
export function createReadinessCheck(database: CheckedDatabase): () => Promise<Readiness> {
  let asked: { readonly found: Promise<Readiness>; readonly at: number } | undefined;
  let last: { readonly found: Readiness; readonly askedAt: number; readonly at: number } | undefined;
  return () => {
    const now = performance.now();
    const isAnswered = asked !== undefined && asked.at === last?.askedAt;
    if (asked === undefined || now - asked.at >= (isAnswered ? KEPT_MS : LOST_MS)) {
      const found = ask(database);
      asked = { found, at: now };
      void found.then((finding) => {
        last = { found: finding, askedAt: now, at: performance.now() };
      });
    }
    const isTrusted = last !== undefined && now - last.at < TRUSTED_MS && now - asked.at < LATE_MS;
    if (last !== undefined && isTrusted) return within(SHORT_PATIENCE_MS, asked.found, last.found);
    return within(PATIENCE_MS, asked.found, SILENT);
  };
}

async function ask({ db, replication, replicaMaxLagSeconds = null }: CheckedDatabase): Promise<Readiness> {
  try {
    if (!(await isMigrated(db))) return { obstacle: 'The database lacks migrations.' };
    if (!replication.isReplica) return { obstacle: null };
    const replica = await replication.state();
    return { obstacle: tooFarBehind(replica, replicaMaxLagSeconds), replica };
  } catch (cause) {
    return { ...SILENT, cause };
  }
}

async function within(milliseconds: number, asked: Promise<Readiness>, otherwise: Readiness): Promise<Readiness> {
  const patience = new AbortController();
  const late = pause(milliseconds, otherwise, { signal: patience.signal, ref: false }).catch(() => otherwise);
  return Promise.race([asked, late]).finally(() => patience.abort());
}
