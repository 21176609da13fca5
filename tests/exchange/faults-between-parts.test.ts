import { beforeAll, expect, test, vi } from 'vitest';
import { blockWrites } from './fixtures/blocked-writes.ts';
import { type Direction, isPoll } from './fixtures/deliveries.ts';
import { aMemberOf, numberOf } from './fixtures/fault-members.ts';
import { type FaultNode, startFaultNodes } from './fixtures/fault-nodes.ts';
import { eventually, expectInStep } from './fixtures/in-step.ts';

/** A worker is killed between two recordings of one snapshot: half of it is in the tables, and nobody takes it for the whole. */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** Of one recording (`PART` in apply-snapshot.ts); with the one that every deployment begins with, there are four. */
const PART = 1000;
const MEMBERS = 3200;
/** The lease of 20 s, the same again for the job that the dead worker had, and the load itself. */
const TAKEN_OVER_MS = 150_000;

let eu: FaultNode;
let jp: FaultNode;
let direction: Direction;
const numbers = Array.from({ length: MEMBERS }, () => numberOf('EU'));
beforeAll(async () => {
  ({ EU: eu, JP: jp } = await startFaultNodes(
    { EU: { partners: { JP: 'nothing' }, isTogether: true }, JP: { partners: { EU: 'poll' }, isStartedLater: true } },
    // What was heard once stays fresh for the whole file.
    { cadenceSeconds: 600 },
  ));
  direction = { by: 'poll', sender: eu, receiver: jp };
  expect(await list({})).toMatchObject({ created: MEMBERS });
});

/** The EU's own members, from its list. */
function list(changes: object): Promise<Record<string, unknown>> {
  const lines = numbers.map((number) => `${JSON.stringify({ number, ...aMemberOf('EU', changes) })}\n`);
  return eu.call('POST', '/v1/imports?programme=eu-aeo&mode=delta', lines.join(''));
}

interface Answered {
  readonly outcome: string;
  readonly reason: string;
}

/** As many as are answered as of one instant, from all over the snapshot. */
const asked = numbers.filter((_, place) => place % 4 === 0);

async function answers(): Promise<readonly string[]> {
  const questions = asked.map((identifier) => ({ recogniser: 'JP', identifier }));
  const { answers } = await jp.call<{ answers: Answered[] }>('POST', '/v1/recognition/batch', { questions });
  return answers.map(({ outcome, reason }) => `${outcome} ${reason}`);
}

async function row(text: string): Promise<Record<string, unknown>> {
  return (await jp.database.asOwner(text)).rows[0];
}

const stream = () => row('select needs_snapshot, applying, applying_until > now() as held from inbound_stream');

/** How many copies say this. */
const countOf = async (condition: string): Promise<number> =>
  Number((await row(`select count(*)::int as n from copy where ${condition}`)).n);

interface Broken {
  /** Copies that were committed. */
  readonly committed: number;
  /** Which load holds the stream. */
  readonly applying: unknown;
}

/** Kills the worker in the middle of a part, when one at least was committed. @param written what the copies that it writes say */
async function killBetweenParts(written: string): Promise<Broken> {
  await eventually(async () => expect(await countOf(written)).toBeGreaterThan(0), 60_000);
  const block = await blockWrites(jp.database, 'copy');
  await block.someoneWaits();
  await jp.killWorker();
  await block.release();
  // What it was at is undone, what it had committed stays.
  const committed = await countOf(written);
  expect(committed % PART).toBe(0);
  expect(committed).toBeGreaterThanOrEqual(PART);
  expect(committed).toBeLessThan(MEMBERS);
  const { applying, ...rest } = await stream();
  expect(rest).toEqual({ needs_snapshot: true, held: true });
  expect(applying).not.toBeNull();
  return { committed, applying };
}

/** Starts another worker and looks until it has ended the load. @param look called again and again meanwhile */
async function takeOver(written: string, dead: Broken, look: () => Promise<void>): Promise<void> {
  const whileHeld = new Set<number>();
  await jp.startWorker();
  await eventually(async () => {
    const { held, applying } = await stream();
    if (held === true && applying === dead.applying) whileHeld.add(await countOf(written));
    await look();
    expect(await stream()).toEqual({ needs_snapshot: false, applying: null, held: null });
  }, TAKEN_OVER_MS);
  // Nobody went on while the first one might still have been at it.
  expect([...whileHeld]).toEqual([dead.committed]);
}

/** Versions of records of the EU's members at JP: how many there are, and how many of them are valid now. */
const versions = () =>
  row(
    `select count(*)::int as versions, count(*) filter (where upper_inf(r.known))::int as open, count(distinct r.membership_id)::int as members
       from membership_record r join membership m on m.id = r.membership_id where m.source = 'EU'`,
  );

test('a first load answers nothing until the next worker has ended it, and each member is applied once', async () => {
  const written = 'record is not null';
  await jp.startWorker();
  const dead = await killBetweenParts(written);
  expect(await jp.partner('EU')).toMatchObject({ fresh: false, inbound: { needsSnapshot: true } });
  const { rows } = await jp.database.asOwner('select number from membership where number = any ($1)', [asked]);
  const known = new Set(rows.map(({ number }) => number));
  expect(known.size).toBeGreaterThan(0);
  expect(known.size).toBeLessThan(asked.length);
  // Parts are written ahead of the instant at which they are known.
  const half = asked.map((number) =>
    known.has(number) ? 'indeterminate DATA_STALE' : 'not_recognised UNKNOWN_TRADER',
  );
  await eventually(async () => expect(await answers()).toEqual(half));

  const recognised = new Set<number>();
  const look = async () => {
    recognised.add((await answers()).filter((answer) => answer === 'recognised RECOGNISED').length);
  };
  await takeOver(written, dead, look);
  // With the last part, and not before, all are at once.
  await eventually(async () => {
    await look();
    expect(recognised.size).toBeGreaterThan(1);
  });
  expect([...recognised]).toEqual([0, asked.length]);
  await expectInStep(direction);
  const count = MEMBERS + 1;
  expect(await versions()).toEqual({ versions: count, open: count, members: count });
  await expectEqualDigests(1);
});

test('a later one leaves answers as they were or as the partner says, and is ended by the next worker', async () => {
  const last = numbers.at(-4) ?? '';
  expect(asked).toContain(last);
  expect(new Set(await answers())).toEqual(new Set(['recognised RECOGNISED']));
  // Nothing comes but by the snapshot.
  const cut = [
    eu.proxy.rule('request', isPoll, (poll) => poll.reply({ status: 503 })),
    eu.proxy.rule('answer', isPoll, (poll) => poll.cut()),
  ];
  expect(await list({ issuingOffice: 'DE004601' })).toMatchObject({ updated: MEMBERS });
  await eu.event(last, { type: 'suspended' });
  await jp.call('POST', '/v1/partners/EU/resynchronise', {});
  const written = `record ->> 'issuingOffice' = 'DE004601'`;
  const dead = await killBetweenParts(written);
  expect((await jp.partner('EU')).inbound.needsSnapshot).toBe(true);

  const before = new Set<string>();
  const look = async () => {
    for (const [place, answer] of (await answers()).entries()) if (asked[place] !== last) before.add(answer);
  };
  await look();
  await takeOver(written, dead, look);
  expect([...before]).toEqual(['recognised RECOGNISED']);
  await eventually(async () =>
    expect(await jp.ask(last)).toMatchObject({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' }),
  );
  for (const rule of cut) rule.end();
  await expectInStep(direction);
  // Of the one that every deployment begins with nothing new was said; the events say nothing beyond the snapshot.
  const count = MEMBERS + 1;
  expect(await versions()).toEqual({ versions: count + MEMBERS, open: count, members: count });
  await expectEqualDigests(2);
});

/** As a quarter of an hour later, the worker compares; it would report what it had to put right. */
async function expectEqualDigests(snapshots: number): Promise<void> {
  await eu.database.asOwner(`update share_check set checked_at = checked_at - interval '15 minutes'`);
  await jp.database.asOwner(`update inbound_stream set compared_at = now() - interval '15 minutes'`);
  await eventually(async () =>
    expect(await row(`select compared_at > now() - interval '10 minutes' as compared from inbound_stream`)).toEqual({
      compared: true,
    }),
  );
  const { reports } = await jp.partner('EU');
  expect(reports.map(({ kind }) => kind)).toEqual(Array(snapshots).fill('snapshot_applied'));
}
