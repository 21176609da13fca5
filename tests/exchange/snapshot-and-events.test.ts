import { inExchange } from '@mra/exchange';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  aSnapshotOf,
  aTrader,
  createLoadingPair,
  type Line,
  type LoadingPair,
  numberOf,
  one,
  serveInstead,
  toldLines,
} from './loading.ts';

/** Events that come between the moment of a snapshot and the end of its application. */

let pair: LoadingPair;
let lines: Line[];
beforeEach(async () => {
  pair = await createLoadingPair({ members: 3 });
  await inExchange(pair.eu.exchange.db, (tx) => sql`select sweep_stream(${pair.streamId}, 10)`.execute(tx));
  lines = await toldLines(pair.eu);
});
afterEach(() => {
  pair.eu.intercept = null;
});

const withdrawn = { type: 'consent_withdrawn' };
const inbound = () =>
  one<{ last_applied: number; needs_snapshot: boolean; applying: string | null }>(
    pair.jp,
    'select last_applied, needs_snapshot, applying from inbound_stream',
  );

/** Serves the members as they are now, and does something when the file is asked for, which is before they are applied. */
async function serveAndMeanwhile(meanwhile: () => Promise<unknown>, seq = 0): Promise<void> {
  let done: Promise<unknown> | null = null;
  const snapshot = await aSnapshotOf(lines, pair.eu, seq);
  serveInstead(pair.eu, snapshot, (_request, response, file) => {
    if (file !== 1) return false;
    done ??= meanwhile();
    void done.then(() => response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(snapshot.files[0]));
    return true;
  });
}

test('whose communication ends before the member was ever held is not brought back by an older snapshot', async () => {
  await serveAndMeanwhile(async () => {
    await pair.members.event(numberOf(0), withdrawn);
    await pair.flow();
  });
  expect(await pair.load()).toMatchObject({ outcome: 'applied', records: 3, written: 2 });
  expect(await inbound()).toEqual({ last_applied: 1, needs_snapshot: false, applying: null });
  expect(await pair.ask(numberOf(0))).toMatchObject({ outcome: 'not_recognised', reason: 'UNKNOWN_TRADER' });
  expect(await pair.ask(numberOf(1))).toMatchObject({ outcome: 'recognised' });
  // Nor does the word make a member of somebody unknown; a later one does.
  const { statusCode } = await pair.members.put(numberOf(0), aTrader(0, { consent: { given: true } }));
  expect(statusCode).toBe(200);
  await pair.members.event(numberOf(0), { type: 'consent_given' });
  await pair.flow();
  expect(await pair.ask(numberOf(0))).toMatchObject({ outcome: 'recognised' });
});

test('what comes while it is being applied waits, and is applied behind it', async () => {
  await pair.load();
  await pair.jp.database.asOwner(
    `update inbound_stream set applying = gen_random_uuid(), applying_until = clock_timestamp() + interval '1 minute'`,
  );
  await pair.members.event(numberOf(0), { type: 'suspended', component: 'AEOS' });
  await pair.flow();
  expect((await inbound()).last_applied).toBe(0);
  expect(await one(pair.jp, 'select count(*) as waiting from inbound_event where waiting is not null')).toEqual({
    waiting: 1,
  });
  expect(await pair.ask(numberOf(0))).toMatchObject({ outcome: 'recognised' });
  // Nobody else applies a snapshot meanwhile.
  await expect(pair.load()).rejects.toMatchObject({ name: 'StreamReplaced' });

  // Whoever was at it has died: the next one takes over, and what waited is applied.
  await pair.jp.database.asOwner('update inbound_stream set applying_until = clock_timestamp()');
  expect(await pair.load()).toMatchObject({ outcome: 'applied' });
  expect((await inbound()).last_applied).toBe(1);
  expect(await pair.ask(numberOf(0))).toMatchObject({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' });
});

test('an older snapshot does nothing once a newer one has been applied', async () => {
  await serveAndMeanwhile(() => pair.jp.database.asOwner('update inbound_stream set snapshot_seq = 7'));
  await expect(pair.load()).rejects.toMatchObject({ name: 'StreamReplaced' });
  expect(await one(pair.jp, 'select count(*) as held from copy')).toEqual({ held: 0 });
});

test('one that was made before what made it necessary is applied, and a newer one stays needed', async () => {
  await serveAndMeanwhile(() => pair.jp.database.asOwner('update inbound_stream set needed_seq = 5'));
  expect(await pair.load()).toMatchObject({ outcome: 'applied', written: 3 });
  expect((await inbound()).needs_snapshot).toBe(true);
  await serveAndMeanwhile(async () => undefined, 5);
  expect(await pair.load()).toMatchObject({ outcome: 'applied' });
  expect((await inbound()).needs_snapshot).toBe(false);
});

test('a partner who speaks for others by now says nothing of those for whom it spoke', async () => {
  await serveAndMeanwhile(() => pair.jp.database.asOwner(`update partner set administrations = '{CH}'`));
  await expect(pair.load()).rejects.toMatchObject({ name: 'StreamReplaced' });
  expect(await one(pair.jp, 'select count(*) as held from copy')).toEqual({ held: 0 });
});
