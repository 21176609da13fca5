import { beforeAll, expect, test, vi } from 'vitest';
import { blockWrites } from './fixtures/blocked-writes.ts';
import type { Direction } from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import { type FaultNode, startFaultNodes } from './fixtures/fault-nodes.ts';
import { expectInStep } from './fixtures/in-step.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
let eu: FaultNode; let jp: FaultNode; let push: Direction; let poll: Direction;
beforeAll(async () => {
  ({ EU: eu, JP: jp } = await startFaultNodes({ EU: { partners: { JP: 'poll' } }, JP: { partners: { EU: 'push' } } }, { cadenceSeconds: 120 }));
  push = { by: 'push', sender: eu, receiver: jp }; poll = { by: 'poll', sender: jp, receiver: eu };
  await expectInStep(push); await expectInStep(poll);
});
test.each(['push', 'poll'] as const)('%s: killed while it loads a snapshot', async (by) => {
  const d = by === 'push' ? push : poll;
  const n = numberOf(d.sender.code);
  await d.sender.put(n); await expectInStep(d);
  await d.receiver.database.asOwner(`update membership_record r set names = jsonb_set(r.names, '{0,name}', '"By Hand"') from membership m where m.id = r.membership_id and m.number = $1 and upper_inf(r.known)`, [n]);
  const block = await blockWrites(d.receiver.database, 'copy');
  await d.receiver.call('POST', `/v1/partners/${d.sender.code}/resynchronise`, {});
  await block.someoneWaits();
  await d.receiver.killWorker();
  await block.release();
  const t = performance.now();
  await d.receiver.startWorker();
  await d.sender.event(n, { type: 'suspended' });
  for (;;) { try { await expectInStep(d); break; } catch (e) { console.log('not yet', Math.round(performance.now() - t), String(e).slice(0, 200)); if (performance.now() - t > 180_000) throw e; } }
  console.log('in step after', Math.round(performance.now() - t));
});
