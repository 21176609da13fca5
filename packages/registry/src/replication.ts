import { setTimeout as pause } from 'node:timers/promises';
import type { Instant } from '@mra/recognition';
import { sql } from 'kysely';
import type { Executor } from './network.ts';
import type { Database } from './pool.ts';
import { first } from './recording.ts';

/** How far a database server has got. */
export interface ReplicaState {
  readonly isReplica: boolean;
  /** On a replica, the instant up to which it certainly has whatever was known; on a primary, its clock. */
  readonly present: Instant;
  /** Number of the last change that was known at `present`; 0: none. */
  readonly seq: number;
  /** By the clock of the server; 0 on a primary. */
  readonly behindMs: number;
}

/** What a process knows of the server that it works on. */
export interface Replication {
  /** Whether the server was a streaming replica when last asked. It decides what is offered, never what is answered. */
  readonly isReplica: boolean;
  /** How far the server had got when it was last asked, at most `KEPT_MS` ago; it has not gone back since. */
  state(): Promise<ReplicaState>;
  /** Waits until the state satisfies a condition, for `milliseconds` at most; gives the last state either way. */
  reached(condition: (state: ReplicaState) => boolean, milliseconds: number): Promise<ReplicaState>;
  /** To be called about once a second: tells replicas up to when they have everything, and learns whether this is one. */
  beat(): Promise<void>;
}

/** Requests of one moment share a look. Far less than a server needs to come back from a crash, after which it may be behind that. */
const KEPT_MS = 50;
const POLL_MS = 20;

/** @param isReplica as found at the start; `beat` notices when it changes */
export function createReplication(
  db: Database,
  { isReplica = false }: { readonly isReplica?: boolean } = {},
): Replication {
  let replica = isReplica;
  let kept: { readonly state: Promise<ReplicaState>; readonly at: number } | undefined;

  const state = (): Promise<ReplicaState> => {
    const now = performance.now();
    if (kept === undefined || now - kept.at >= KEPT_MS) {
      const asked = { state: readState(db), at: now };
      kept = asked;
      asked.state.catch(() => {
        if (kept === asked) kept = undefined;
      });
    }
    return kept.state;
  };
  return {
    get isReplica() {
      return replica;
    },
    state,
    async reached(condition, milliseconds) {
      const end = performance.now() + milliseconds;
      for (;;) {
        const found = await state();
        if (condition(found) || performance.now() >= end) return found;
        await pause(POLL_MS);
      }
    },
    async beat() {
      const { rows } = await sql<{ is_replica: boolean }>`select beat_for_replicas() as is_replica`.execute(db);
      replica = first(rows).is_replica;
    },
  };
}

/** Number of the last entry of the change log; within a recording, of the last that it has made. 0: there is none. */
export async function headOfLog(db: Executor): Promise<number> {
  return (await db.selectFrom('log_head').select('seq').executeTakeFirstOrThrow()).seq;
}

async function readState(db: Database): Promise<ReplicaState> {
  const { rows } = await sql<{ is_replica: boolean; present_at: Instant; seq: number; behind_ms: number }>`
    select is_replica, present_at, seq, behind_ms from replica_state()`.execute(db);
  const { is_replica: isReplica, present_at: present, seq, behind_ms: behindMs } = first(rows);
  return { isReplica, present, seq, behindMs };
}
