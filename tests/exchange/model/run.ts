import { compareDigest, registerPartners } from '@mra/exchange';
import { type AgreementChange, recordChange } from '../../support/agreement-changes.ts';
import { perform } from '../../support/registry-actions.ts';
import { clearExchange, runTimers } from '../streams.ts';
import type { Code, ModelNode } from './node.ts';
import type { Happening, Step } from './steps.ts';
import { Way } from './way.ts';

export type Nodes = Readonly<Record<Code, ModelNode>>;

const RECEIVED = ['copy', 'quarantine', 'membership_doubt', 'exchange_report', 'inbound_event', 'snapshot_load'];

/** Begins anew: no members, no events, new streams, clocks that go right. */
export async function beginRun(nodes: Nodes, by: Readonly<Record<Code, 'poll' | 'push'>>): Promise<Run> {
  for (const node of Object.values(nodes)) {
    node.ahead = 0;
    await clearExchange(node.database, { members: false });
    for (const table of RECEIVED) await node.database.asOwner(`delete from ${table}`);
    await node.database.clear();
  }
  const ways = { EU: new Way(nodes.EU, nodes.JP, by.EU), JP: new Way(nodes.JP, nodes.EU, by.JP) };
  for (const { receiver, by: receiveBy } of Object.values(ways))
    await registerPartners(receiver.database.db, [{ ...receiver.partner, receiveBy }]);
  for (const way of Object.values(ways)) await way.begin();
  return new Run(nodes, ways);
}

export class Run {
  readonly #nodes: Nodes;
  readonly #ways: Readonly<Record<Code, Way>>;

  constructor(nodes: Nodes, ways: Readonly<Record<Code, Way>>) {
    this.#nodes = nodes;
    this.#ways = ways;
  }

  /** Lets it happen. Where a node dies meanwhile, nobody knows how far it came. */
  async take({ crash, ...happening }: Step): Promise<void> {
    if (crash === null || happening.kind === 'agreement') return this.#happen(happening);
    const victim = this.#nodes[crash.of];
    victim.expect(crash);
    try {
      await this.#happen(happening);
    } catch (error) {
      if (!victim.isDead) throw error;
    }
    await victim.restart();
    for (const way of Object.values(this.#ways)) if (way.receiver === victim) await way.forget();
  }

  async #happen(happening: Happening): Promise<void> {
    if (happening.kind === 'agreement') return this.#change(happening.change);
    const node = this.#nodes[happening.at];
    const way = this.#ways[happening.at];
    if (happening.kind === 'record') return perform(node.work, happening.action);
    if (happening.kind === 'time passes') return runTimers(node.work);
    if (happening.kind === 'send') return way.send(happening.fault, happening.most);
    if (happening.kind === 'replay') return way.replay(happening.which, happening.altered);
    if (happening.kind === 'snapshot') return way.loadSnapshot();
    if (happening.kind === 'compare') return this.#compare(way);
    if (happening.kind === 'clock') node.ahead = happening.ahead;
    if (happening.kind === 'by hand') await node.database.asOwner(happening.statement);
    if (happening.kind === 'lose outbox') await node.database.asOwner('delete from outbox where settled_at is null');
  }

  /** Each side has the terms of the agreement in its own reference data. */
  async #change(change: AgreementChange): Promise<void> {
    for (const { work } of Object.values(this.#nodes)) await recordChange(work.db, change);
  }

  async #compare({ receiver }: Way): Promise<void> {
    await compareDigest(receiver.exchange, receiver.partner, { eventsMs: 0 });
  }

  /** The faults end. Clocks go on differing, which no event may be refused for. */
  async settle(): Promise<void> {
    for (const way of Object.values(this.#ways)) {
      await runTimers(way.sender.work);
      await way.heartbeat();
      for (let round = 0; round < 10; round += 1) {
        const before = way.sent.length;
        await way.send('none');
        if (way.sent.length === before) break;
      }
      await this.#compare(way);
      await way.send('none');
    }
  }
}
