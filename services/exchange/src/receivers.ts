import { randomUUID } from 'node:crypto';
import { type Exchange, inExchange, type Partner, readPartners } from '@mra/exchange';
import { isStale } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { type Loop, startLoop } from './loop.ts';
import { receiverFrom } from './receive-from.ts';
import { giveTurnsBack, keepTurns } from './turns.ts';

/** Of the 5 s that a turn lasts. */
const KEEP_TURNS_MS = 1500;

/**
 * Receives from every registered partner, each in a loop of its own, and says when one has fallen silent or is back.
 */
export function startReceivers(exchange: Exchange, { pollTimeoutMs }: { readonly pollTimeoutMs: number }): Loop {
  const { log } = exchange;
  const worker = randomUUID();
  const receivers = new Map<string, { readonly terms: string; readonly loop: Loop }>();
  const stale = new Map<string, boolean>();

  const loop = startLoop({ name: 'receivers', log }, async () => {
    await keepTurns(exchange, worker);
    const partners = await readReceivedFrom(exchange);
    for (const { partner, heardAt } of partners) {
      tellStaleness(partner, heardAt);
      const terms = JSON.stringify(partner);
      const running = receivers.get(partner.code);
      if (running?.terms === terms) continue;
      await running?.loop.stop();
      const name = `receive from ${partner.code}`;
      const turn = receiverFrom(exchange, partner, { worker, pollTimeoutMs });
      receivers.set(partner.code, { terms, loop: startLoop({ name, log }, turn) });
    }
    const codes = new Set(partners.map(({ partner }) => partner.code));
    for (const [code, { loop: running }] of receivers) {
      if (codes.has(code)) continue;
      receivers.delete(code);
      await running.stop();
    }
    return KEEP_TURNS_MS;
  });

  function tellStaleness({ code, cadenceSeconds }: Partner, heardAt: Instant | null): void {
    if (heardAt === null) return;
    const isNow = isStale(heardAt, cadenceSeconds, exchange.now());
    const was = stale.get(code) ?? false;
    stale.set(code, isNow);
    if (isNow && !was) log.warn({ partner: code, heardAt }, 'a partner is silent: its members are indeterminate');
    if (was && !isNow) log.info({ partner: code, heardAt }, 'a partner is back');
  }

  return {
    wake: loop.wake,
    async stop() {
      await loop.stop();
      await Promise.all([...receivers.values()].map((receiver) => receiver.loop.stop()));
      await giveTurnsBack(exchange, worker).catch((error) => log.warn({ err: error }, 'turns were not given back'));
    },
  };
}

async function readReceivedFrom({ db }: Exchange) {
  return inExchange(db, async (tx) => {
    const partners = (await readPartners(tx)).filter(({ receiveBy }) => receiveBy !== 'nothing');
    const heard = await tx.selectFrom('inbound_stream').select(['partner', 'heard_at']).execute();
    const heardAt = new Map(heard.map((row) => [row.partner, row.heard_at]));
    return partners.map((partner) => ({ partner, heardAt: heardAt.get(partner.code) ?? null }));
  });
}
