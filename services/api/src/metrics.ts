import type { Replication } from '@mra/registry';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the service counts about itself; read by `GET /metrics`. */
export interface Metrics {
  /** Counts one answer to a question of recognition; both are codes of closed lists. */
  countDecision(outcome: string, reason: string): void;
  /** Observes one answered request. `operation` is an operation id or a route's pattern, never a URL: each makes a series of its own. */
  observeRequest(operation: string, status: number, seconds: number): void;
  /** Everything in the Prometheus text format. */
  text(): Promise<string>;
  /** The media type of `text()`, with its version. */
  readonly contentType: string;
}

/** As far as a pool is measured; pg.Pool has it. */
export interface MeasuredPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** From an answer out of memory to the 60 s after which the database breaks a statement off. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export interface Measured {
  readonly pool?: MeasuredPool;
  readonly replication?: Replication;
}

/** Metrics in a registry of their own, so that one process can build many apps. What is left out has no gauges. */
export function createMetrics({ pool, replication }: Measured = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer, by operation and status.',
    labelNames: ['operation', 'status'],
    buckets: SECONDS,
    registers,
  });
  const decisions = new Counter({
    name: 'recognition_decisions_total',
    help: 'Answers to questions of recognition, single and in batches, by outcome and reason.',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  if (pool !== undefined) measurePool(pool, registers);
  if (replication !== undefined) measureReplica(replication, registers);
  return {
    countDecision: (outcome, reason) => decisions.inc({ outcome, reason }),
    observeRequest: (operation, status, seconds) => requests.observe({ operation, status }, seconds),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function measureReplica(replication: Replication, registers: Registry[]): void {
  const behind = new Gauge({
    name: 'replica_lag_seconds',
    help: 'Of a read-only instance: by how much its answers may be behind. Not there on a primary.',
    registers,
    async collect() {
      // A gauge without a value is not shown; one that cannot be read must not hold back the others.
      const state = replication.isReplica ? await replication.state().catch(() => null) : null;
      if (state === null) this.remove();
      else this.set(state.behindMs / 1000);
    },
  });
  behind.remove();
}

function measurePool(pool: MeasuredPool, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('database_pool_connections', 'Connections to the database, idle ones included.', () => pool.totalCount);
  gauge('database_pool_idle_connections', 'Connections that no request uses.', () => pool.idleCount);
  gauge('database_pool_waiting_requests', 'Requests that wait for a connection.', () => pool.waitingCount);
}
