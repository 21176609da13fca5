import { compareDigest, type Exchange, inExchange, readPartner } from '@mra/exchange';
import { openExchange } from '@mra/exchange-worker';
import { createLogger } from '@mra/http';
import { onServer } from '../../databases.ts';
import type { Figure } from '../../table.ts';
import type { BenchNode } from '../nodes.ts';
import { type ExchangeBench, type Loaded, seconds } from './context.ts';

/** A comparison by digests from both ends, as the worker does it every quarter of an hour; the first has all hashes to make. */
export async function measureDigest(bench: ExchangeBench, { eu, jp }: Loaded): Promise<readonly Figure[]> {
  const members = bench.options.members.toLocaleString('en');
  const first = await compare(eu, jp);
  const again = await compare(eu, jp);
  const figure = (what: string, { total, asking }: Awaited<ReturnType<typeof compare>>): Figure => ({
    what: `digest of ${members} members, ${what}`,
    measured: `${seconds(total)}: sender ${seconds(asking)}, receiver ${seconds(total - asking)}`,
    ...{ against: '', baseline: '', ratio: null, aim: '', met: null, samples: { total, asking } },
  });
  return [figure('the first time', first), figure('again', again)];
}

/** @returns milliseconds: of the whole, and of it while the sender was asked */
async function compare(eu: BenchNode, jp: BenchNode): Promise<{ total: number; asking: number }> {
  // As if the last comparison with the registry lay longer back than it holds.
  await onServer(eu.databaseUrl, (client) => client.query('delete from share_check'));
  const opened = await openExchange({
    partnersFile: jp.partnersFile,
    keysFile: null,
    dataDir: jp.folder,
    issuer: jp.url,
    isProduction: false,
    isLocal: (administration) => administration === jp.code,
    database: { url: jp.databaseUrl, session: true, prepare: true },
    log: createLogger('error'),
  });
  try {
    const { exchange } = opened;
    const partner = await inExchange(exchange.db, (tx) => readPartner(tx, eu.code));
    if (partner === null) throw new Error('no such partner');
    let asking = 0;
    const timed: Exchange = {
      ...exchange,
      client: {
        ...exchange.client,
        async send(...call) {
          const began = performance.now();
          return exchange.client.send(...call).finally(() => (asking += performance.now() - began));
        },
      },
    };
    const began = performance.now();
    const { outcome } = await compareDigest(timed, partner);
    const total = performance.now() - began;
    if (outcome !== 'equal') throw new Error(`the digests were compared with the outcome ${outcome}`);
    return { total, asking };
  } finally {
    await opened.close();
  }
}
