import type { Exchange } from '@mra/exchange';
import type { Authenticate, Limits } from '@mra/http';
import type { Instant } from '@mra/recognition';
import type { Database, Decider, NetworkCache } from '@mra/registry';
import type { FastifyBaseLogger } from 'fastify';
import type { Metrics } from './metrics.ts';

/** What the routes work with; made once in main.ts, and by the tests. */
export interface Dependencies {
  readonly db: Database;
  readonly networks: NetworkCache;
  readonly decider: Decider;
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
  /** Addresses or networks of proxies whose `X-Forwarded-For` is believed; none when left out. */
  readonly trustedProxies?: readonly string[];
  /** The instant at which a process reads a registry record as of "now"; decisions take the database's clock. */
  readonly now: () => Instant;
}
