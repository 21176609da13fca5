import type { Exchange } from '@mra/exchange';
import type { Authenticate, Limits, OverloadLimits } from '@mra/http';
import type { Instant } from '@mra/recognition';
import type { Database, Decider, NetworkCache, Replication } from '@mra/registry';
import type { FastifyBaseLogger } from 'fastify';
import type { Metrics } from './metrics.ts';

/** What the routes work with; made once in main.ts, and by the tests. */
export interface Dependencies {
  readonly db: Database;
  /** Connections that are left for health checks however many requests wait for others; `db` when left out. */
  readonly reserved?: Database;
  readonly networks: NetworkCache;
  readonly decider: Decider;
  /** Whether the database is a streaming replica, and how far it has got; not asked at the start when left out. */
  readonly replication?: Replication;
  /** Of a replica: answers that would be further behind are refused; none is when left out. */
  readonly replicaMaxLagSeconds?: number;
  readonly authenticate: Authenticate;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  /** Whether this deployment is authoritative for an administration (`LOCAL_ADMINISTRATIONS`). */
  readonly isLocal: (administration: string) => boolean;
  /** How often partners without an entry of their own send, in seconds; their data may grow 1.5 times as old. */
  readonly partnerCadenceSeconds: number;
  /** The exchange with partners; null where none is registered. */
  readonly exchange?: Exchange | null;
  readonly rateLimit: { readonly perMinute: number; readonly anonymousPerMinute: number };
  /** Limits other than the usual ones of createHttpApp. */
  readonly limits?: Partial<Limits>;
  /** What sheds load; nothing does when left out. */
  readonly overload?: OverloadLimits;
  /** Addresses or networks of proxies whose `X-Forwarded-For` is believed; none when left out. */
  readonly trustedProxies?: readonly string[];
  /** The instant at which a process reads a registry record as of "now"; decisions take the database's clock. */
  readonly now: () => Instant;
}
