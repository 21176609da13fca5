import { join } from 'node:path';
import {
  createExchange,
  type Exchange,
  type ExchangeLog,
  listenToOutbox,
  openExchangeKeys,
  type Partner,
  readPartnerFile,
  registerPartners,
  unregisterOthers,
} from '@mra/exchange';
import { createNetworkCache, createPool, openDatabase } from '@mra/registry';
import { type Ending, StartFailure } from '@mra/service';

export interface ExchangeSettings {
  /** PARTNERS_FILE. */
  readonly partnersFile: string;
  /** EXCHANGE_KEYS_FILE; null: in the data folder, made at the first start. */
  readonly keysFile: string | null;
  readonly dataDir: string;
  /** PUBLIC_URL. */
  readonly issuer: string;
  readonly isProduction: boolean;
  readonly isLocal: (administration: string) => boolean;
  readonly database: { readonly url: string; readonly session: boolean; readonly prepare: boolean };
  readonly log: ExchangeLog;
  /** Of the process: once it has begun, connections that are lost are no news. */
  readonly ending?: Pick<Ending, 'hasBegun'>;
}

export interface OpenedExchange {
  readonly exchange: Exchange;
  readonly partners: readonly Partner[];
  close(): Promise<void>;
}

/**
 * The exchange of a process that was configured: registers the partners of its file, opens or makes its keys, and listens to its
 * outbox. It has a pool of its own: a partner that hangs keeps a connection for as long.
 * @throws StartFailure that says what is wrong with the partners or the keys
 */
export async function openExchange(settings: ExchangeSettings): Promise<OpenedExchange> {
  const { keysFile, dataDir, issuer, isProduction, database, log, ending } = settings;
  const partners = await orFail(readPartnerFile(settings.partnersFile, settings));
  const file = keysFile ?? join(dataDir, 'exchange-keys.json');
  const keys = await orFail(openExchangeKeys({ file, generate: keysFile === null }));
  const { url, session } = database;
  const onError = (error: Error): void => {
    if (!ending?.hasBegun) log.warn({ err: error }, 'a database connection was lost');
  };
  const pool = createPool({
    url,
    session,
    max: connectionsFor(partners),
    applicationName: 'aeo-mra-exchange',
    onError,
  });
  const listening = session ? createPool({ url, max: 1, applicationName: 'aeo-mra-listen' }) : null;
  const db = openDatabase(pool, { prepare: database.prepare });
  const outbox = listening === null ? undefined : listenToOutbox(listening, log);
  const close = async (): Promise<void> => {
    await outbox?.close();
    await Promise.all([listening?.end(), db.destroy()]);
  };
  try {
    // First, so that one may take the issuer of another.
    const gone = await unregisterOthers(
      db,
      partners.map(({ code }) => code),
    );
    await registerPartners(db, partners);
    if (gone.length > 0) log.warn({ partners: gone }, 'no partners any more');
  } catch (error) {
    await close();
    throw error;
  }
  const networks = createNetworkCache(db);
  return { exchange: createExchange({ db, networks, issuer, keys, outbox, log, isProduction }), partners, close };
}

/** One delivery and one job for each partner, and what the loops need. */
function connectionsFor(partners: readonly Partner[]): number {
  return Math.min(40, 6 + 2 * partners.length);
}

async function orFail<T>(opening: Promise<T>): Promise<T> {
  return opening.catch((error: Error) => {
    throw new StartFailure(error.message, { cause: error });
  });
}
