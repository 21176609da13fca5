import type { Database, NetworkCache } from '@mra/registry';
import type { Exchange, ExchangeKeys, ExchangeLog } from './context.ts';
import type { OutboxBell } from './outbound/outbox-bell.ts';
import { createPartnerClient } from './partner-client.ts';
import { createPartnerKeys, type PartnerKeysOptions } from './partner-keys.ts';

export interface ExchangeOptions extends Omit<PartnerKeysOptions, 'allowHttp'> {
  readonly db: Database;
  readonly networks: NetworkCache;
  /** PUBLIC_URL: no slash at its end. */
  readonly issuer: string;
  readonly keys: ExchangeKeys;
  /** Closed by whoever opened it. */
  readonly outbox?: OutboxBell | undefined;
  readonly log: ExchangeLog;
  /** Production wants https everywhere and access tokens from an authorisation server. */
  readonly isProduction: boolean;
}

/** The exchange of one process: its database, its keys, its way to partners. */
export function createExchange({ isProduction, ...options }: ExchangeOptions): Exchange {
  const { db, networks, issuer, keys, outbox, log } = options;
  return {
    db,
    networks,
    issuer,
    keys,
    keysOf: createPartnerKeys({ ...options, allowHttp: !isProduction }),
    client: createPartnerClient({ issuer, keys, isDevelopment: !isProduction }),
    ...(outbox !== undefined && { outbox }),
    log,
    now: () => new Date().toISOString(),
  };
}
