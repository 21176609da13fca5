import { setTimeout as pause } from 'node:timers/promises';
import { type ExchangeWorker, type OpenedExchange, openExchange, startExchangeWorker } from '@mra/exchange-worker';
import type { Ending } from '@mra/service';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from './config.ts';
import type { DatabaseAddresses } from './find-database.ts';
import { addressOf } from './start-message.ts';

/**
 * The exchange with the partners that are configured; null: there are none.
 * @throws StartFailure
 */
export async function openConfiguredExchange(
  config: Config,
  addresses: DatabaseAddresses,
  isLocal: (administration: string) => boolean,
  log: FastifyBaseLogger,
  ending: Ending,
): Promise<OpenedExchange | null> {
  const { partnersFile } = config;
  if (partnersFile === null) return null;
  const opened = await openExchange({
    partnersFile,
    keysFile: config.exchangeKeysFile,
    dataDir: config.dataDir,
    issuer: config.publicUrl ?? addressOf(config.host, config.port),
    isProduction: config.isProduction,
    isLocal,
    database: { url: addresses.url.reveal(), session: addresses.session, prepare: config.databasePrepare },
    log,
    ending,
  });
  // A connection still at work is cut off by the end of the process.
  ending.add(() => Promise.race([opened.close(), pause(100)]));
  const partners = opened.partners.map(({ code }) => code);
  log.info({ partners, issuer: opened.exchange.issuer }, 'partners registered');
  return opened;
}

/** The work of the exchange, inside this process where it is to be done here. */
export async function startConfiguredWorker(
  { exchangeWorker, pollTimeoutSeconds }: Config,
  { url, session }: DatabaseAddresses,
  opened: OpenedExchange | null,
): Promise<ExchangeWorker | null> {
  if (opened === null || !exchangeWorker) return null;
  const database = { url: url.reveal(), session };
  return startExchangeWorker({ exchange: opened.exchange, database, pollTimeoutSeconds });
}
