import { setTimeout as pause } from 'node:timers/promises';
import { inExchange } from '@mra/exchange';
import { normaliseIdentifier } from '@mra/recognition';
import { sql } from 'kysely';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { membersOf } from '../support/members.ts';
import {
  aSnapshotOf,
  createLoadingPair,
  type Line,
  type LoadingPair,
  numberOf,
  one,
  reportsOf,
  serveInstead,
  toldLines,
} from './loading.ts';

/** Written in three recordings. */
const MEMBERS = 2600;

let pair: LoadingPair;
let lines: Line[];
beforeAll(async () => {
  pair = await createLoadingPair({ members: 1 });
  await inExchange(pair.eu.exchange.db, (tx) => sql`select sweep_stream(${pair.streamId}, 10)`.execute(tx));
  const [told] = await toldLines(pair.eu);
  if (told === undefined) throw new Error('nothing is told of the member');
  lines = Array.from({ length: MEMBERS }, (_, place) => withEori(told, place, place));
});
afterEach(() => {
  pair.eu.intercept = null;
});

const withEori = ({ record, ...told }: Line, place: number, eori: number): Line => ({
  ...told,
  record: { ...record, number: numberOf(place), identifiers: [{ scheme: 'eori', value: eoriOf(eori), ...always }] },
});
const always = { from: null, to: null };
const eoriOf = (place: number): string => `DE${100_000_000_000_000 + place}`;

async function serve(some: readonly Line[], seq: number): Promise<void> {
  serveInstead(pair.eu, await aSnapshotOf(some, pair.eu, seq, 1000));
}

async function held(): Promise<number> {
  return (await one<{ count: number }>(pair.jp, 'select count(*) as count from copy where record is not null')).count;
}

async function untilSomeAreHeld(): Promise<void> {
  while ((await held()) === 0) await pause(20);
}

test('a first load that breaks off half-way answers nothing about those whom it has written; the next one writes the others', async () => {
  await serve(lines, 1);
  const breaking = new AbortController();
  const load = pair.load({ signal: breaking.signal });
  load.catch(() => undefined);
  await untilSomeAreHeld();
  breaking.abort();
  await expect(load).rejects.toThrow('aborted');
  const written = await held();
  expect(written).toBeLessThan(MEMBERS);
  // Written ahead of the instant at which it is known.
  await expect
    .poll(() => pair.ask(numberOf(0)), { timeout: 10_000 })
    .toMatchObject({ outcome: 'indeterminate', reason: 'DATA_STALE', membership: { status: 'active' } });
  expect(await one(pair.jp, 'select needs_snapshot from inbound_stream')).toEqual({ needs_snapshot: true });
  expect(await reportsOf(pair.jp)).toEqual([]);

  expect(await pair.load()).toMatchObject({ outcome: 'applied', written: MEMBERS - written, records: MEMBERS });
  expect(await pair.ask(numberOf(0))).toMatchObject({ outcome: 'recognised' });
  expect(await pair.ask(numberOf(MEMBERS - 1))).toMatchObject({ outcome: 'recognised' });
});

test('a suspension that is recorded meanwhile does not wait for its end', async () => {
  const later = lines.map(({ record, ...told }) => ({ ...told, record: { ...record, issuingOffice: 'DE004600' } }));
  await serve(later, 2);
  const load = pair.load();
  await expect
    .poll(() => one(pair.jp, 'select count(*) > 0 as begun from copy where seq = 2'), { timeout: 10_000 })
    .toEqual({ begun: true });
  const { statusCode } = await membersOf(pair.jp.api).suspendLocally(numberOf(0), {});
  expect(statusCode).toBeLessThan(300);
  expect(await load).toMatchObject({ outcome: 'applied', written: MEMBERS });
  const after = `select count(*) > 0 as "cameAfter" from change_log
                  where subject = 'membership' and seq > (select max(seq) from change_log where subject = 'local_suspension')`;
  expect(await one(pair.jp, after)).toEqual({ cameAfter: true });
  expect(await pair.ask(numberOf(0))).toMatchObject({ outcome: 'not_recognised' });
});

test('an identifier that the last member of the list hands to the second one arrives', async () => {
  const last = lines.length - 1;
  const exchanged = lines.map((line, place) => {
    if (place === 1) return withEori(line, 1, last);
    return place === last ? withEori(line, last, MEMBERS) : line;
  });
  await serve(exchanged, 3);
  expect(await pair.load()).toMatchObject({ outcome: 'applied', refused: 0 });
  const { rows } = await pair.jp.database.asOwner(
    `select m.number from membership_identifier i join membership m on m.id = i.membership_id
      where i.scheme = 'eori' and i.normalised = $1 and upper_inf(i.known)`,
    [normaliseIdentifier(eoriOf(last))],
  );
  expect(rows).toEqual([{ number: numberOf(1) }]);
});
