import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { decodeProtectedHeader } from 'jose';
import { beforeAll, expect, test, vi } from 'vitest';
import { blockWrites } from './fixtures/blocked-writes.ts';
import { type Direction, holdDeliveries, isPoll, isPush, readToken, tokensIn } from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import { type FaultNode, startFaultNodes } from './fixtures/fault-nodes.ts';
import type { Passing } from './fixtures/fault-proxy.ts';
import { expectInStep, versionsOf } from './fixtures/in-step.ts';

/**
 * Two workers on one database: both work, nothing is delivered out of order, nothing twice at once, and where one is gone the other goes on; also
 * while keys are rotated.
 */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

let eu: FaultNode;
let jp: FaultNode;
let push: Direction;
let poll: Direction;
beforeAll(async () => {
  ({ EU: eu, JP: jp } = await startFaultNodes(
    { EU: { partners: { JP: 'poll' } }, JP: { partners: { EU: 'push' } } },
    { cadenceSeconds: 120 },
  ));
  push = { by: 'push', sender: eu, receiver: jp };
  poll = { by: 'poll', sender: jp, receiver: eu };
  await expectInStep(push);
  await expectInStep(poll);
});

test('a worker dies while it pushes: the other does it', async () => {
  const number = numberOf('EU');
  const pushes = holdDeliveries(push, number);
  await eu.put(number);
  await pushes.next();
  pushes.end();
  const [first] = eu.workers;
  await eu.startWorker();
  await eu.killWorker(first);
  await expectInStep(push);
  expect(await versionsOf(jp.database, number)).toBe(1);
});

test('a worker dies while it writes a part of a snapshot: nothing of that part stays, and the other loads it', async () => {
  const number = numberOf('JP');
  await jp.put(number);
  await expectInStep(poll);
  const statement = `update membership_record r set names = '[{"name": "By Hand", "kind": "legal"}]' from membership m
                      where m.id = r.membership_id and m.number = $1 and upper_inf(r.known)`;
  await eu.database.asOwner(statement, [number]);
  const block = await blockWrites(eu.database, 'copy');
  await eu.call('POST', '/v1/partners/JP/resynchronise', {});
  await block.someoneWaits();
  const [first] = eu.workers;
  await eu.startWorker();
  await eu.killWorker(first);
  await block.release();
  expect(await versionsOf(eu.database, number)).toBe(1);
  // Its sign of life is waited for for 20 s.
  await eu.database.asOwner(
    `update jobs.job set heartbeat_on = heartbeat_on - interval '20 seconds' where name = 'load-snapshot' and state = 'active'`,
  );
  await expectInStep(poll);
  expect(await versionsOf(eu.database, number)).toBe(2);
});

test('a worker stands still with an answer to its poll: the other takes its turn, and what it does later has no effect', async () => {
  const number = numberOf('JP');
  const answers = holdDeliveries(poll, number);
  await jp.put(number);
  const answer = await answers.next();
  answers.end();
  const [standing] = eu.workers;
  standing?.child.kill('SIGSTOP');
  const other = await eu.startWorker();
  await expectInStep(poll);
  await jp.event(number, { type: 'suspended' });
  await expectInStep(poll);
  expect(await versionsOf(eu.database, number)).toBe(2);
  if (answer.answer !== null) answer.reply(answer.answer);
  standing?.child.kill('SIGCONT');
  await eu.killWorker(other);
  // It does one thing after the other: when it has received this, it has done with what it held.
  await jp.event(number, { type: 'reinstated' });
  await expectInStep(poll);
  expect(await versionsOf(eu.database, number)).toBe(3);
});

async function haveTwoWorkers(): Promise<void> {
  while (eu.workers.length < 2) await eu.startWorker();
}

/** Four changes of each of five members, whose changes are made at the same time. */
async function changeMembers({ sender }: Direction): Promise<void> {
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      const number = numberOf(sender.code);
      await sender.put(number);
      for (const type of ['suspended', 'reinstated', 'suspended']) await sender.event(number, { type });
    }),
  );
}

const startOf = <T>(list: readonly T[]) => {
  const before = list.length;
  return () => list.slice(before);
};

/** Those that began before the one before them was over. */
const overlapping = (passings: readonly Passing[]): readonly Passing[] =>
  passings.filter(
    ({ arrivedAt }, index) => index > 0 && (passings[index - 1]?.endedAt ?? Number.POSITIVE_INFINITY) > arrivedAt,
  );

/** Each process signs itself access tokens of its own. */
const workersIn = (passings: readonly Passing[]): number =>
  new Set(passings.map(({ headers }) => headers.authorization)).size;

const seqsIn = (passings: readonly Passing[]): readonly number[] =>
  passings.flatMap(tokensIn).map((token) => readToken(token).seq);

test('pushes of two come one at a time, in order, each once; both push', async () => {
  await haveTwoWorkers();
  const arrivals = startOf(jp.proxy.arrivals);
  const pushes = () => arrivals().filter(isPush);
  // Whoever is free takes the next turn, so that both have had one before long.
  for (let round = 0; round < 10 && workersIn(pushes()) < 2; round += 1) {
    await changeMembers(push);
    await expectInStep(push);
  }
  const seqs = seqsIn(pushes());
  expect(seqs.length).toBeGreaterThanOrEqual(20);
  expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
  expect(overlapping(pushes())).toEqual([]);
  expect(workersIn(pushes())).toBe(2);
});

test('of two one polls, and when that one is gone the other: in order, each applied once', async () => {
  await haveTwoWorkers();
  const arrivals = startOf(jp.proxy.arrivals);
  const polls = () => arrivals().filter(isPoll);
  await changeMembers(poll);
  await expectInStep(poll);
  expect(workersIn(polls())).toBe(1);
  expect(overlapping(polls())).toEqual([]);
  // Nobody knows which of the two it is: both are replaced, one after the other.
  for (const worker of [...eu.workers]) {
    const changes = changeMembers(poll);
    await eu.killWorker(worker);
    await changes;
    await expectInStep(poll);
    await eu.startWorker();
  }
  await changeMembers(poll);
  await expectInStep(poll);
  expect(workersIn(polls())).toBeGreaterThanOrEqual(2);
  // What the one had received and not yet acknowledged came again to the other; never did an event come before an earlier one.
  const firsts = [...new Set(seqsIn(polls()))];
  expect(firsts).toEqual(firsts.map((_, index) => (firsts[0] ?? 0) + index));
  const { rows } = await eu.database.asOwner(
    `select count(*)::int as versions from membership_record r join membership m on m.id = r.membership_id
      where m.source = 'JP' group by m.id having count(*) > 4`,
  );
  expect(rows).toEqual([]);
});

test('keys are rotated while events flow: all arrive, the last ones under the new keys', async () => {
  const arrivals = startOf(jp.proxy.arrivals);
  const flowing = Promise.all([changeMembers(push), changeMembers(poll)]);
  const kids = await Promise.all([eu, jp].map(rotate));
  await flowing;
  await Promise.all([changeMembers(push), changeMembers(poll)]);
  await expectInStep(push);
  await expectInStep(poll);
  const lastKid = (isDelivery: (passing: Passing) => boolean) => {
    const [last = ''] = arrivals().filter(isDelivery).flatMap(tokensIn).slice(-1);
    return decodeProtectedHeader(last).kid;
  };
  expect([lastKid(isPush), lastKid(isPoll)]).toEqual(kids);
});

/** @returns the name of the new key */
async function rotate({ env }: FaultNode): Promise<string | undefined> {
  const { PATH = '', HOME = '' } = process.env;
  const command = ['run', '--silent', 'keys', '--', 'rotate', '--lead', '0s'];
  const { stdout } = await promisify(execFile)('npm', command, { env: { PATH, HOME, DATA_DIR: env.DATA_DIR } });
  return stdout.trim().split('\n').at(-1)?.split(' ')[0];
}
