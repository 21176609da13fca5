import { setTimeout as pause } from 'node:timers/promises';
import { type Database, isMigrated } from '@mra/registry';

/** However many ask, the database is asked once a second. */
const KEPT_MS = 1000;
/** A balancer waits for its probe no longer than that as a rule. */
const PATIENCE_MS = 2000;

export interface Readiness {
  /** Why no requests should be sent here; null when they may be. */
  readonly obstacle: string | null;
  readonly cause?: unknown;
}

/** Whether the database answers and has every migration, as found within the last second. */
export function createReadinessCheck(db: Database): () => Promise<Readiness> {
  let kept: { readonly found: Promise<Readiness>; readonly at: number } | undefined;
  return () => {
    const now = performance.now();
    if (kept === undefined || now - kept.at >= KEPT_MS) kept = { found: find(db), at: now };
    return kept.found;
  };
}

async function find(db: Database): Promise<Readiness> {
  const asked = isMigrated(db).then(
    (migrated): Readiness => ({ obstacle: migrated ? null : 'The database lacks migrations.' }),
    (cause): Readiness => ({ obstacle: 'The database does not answer.', cause }),
  );
  const patience = new AbortController();
  const late = pause(
    PATIENCE_MS,
    { obstacle: 'The database does not answer.' },
    { signal: patience.signal, ref: false },
  );
  return Promise.race([asked.finally(() => patience.abort()), late.catch(() => asked)]);
}
