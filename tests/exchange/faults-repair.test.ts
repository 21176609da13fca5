import { type CompactJWSHeaderParameters, CompactSign, decodeProtectedHeader, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type BothWays, startBothWays } from './fixtures/both-ways.ts';
import {
  type Change,
  type Direction,
  deliver,
  holdDeliveries,
  readToken,
  tokensIn,
  wayOf,
} from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import { compareSides, eventually, expectInStep, versionsOf } from './fixtures/in-step.ts';

/** What is lost is asked for again, what differs is repaired, and who is silent is not believed for ever. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

let eu: BothWays['eu'];
let jp: BothWays['jp'];
let directions: BothWays['directions'];
beforeAll(async () => {
  ({ eu, jp, directions } = await startBothWays({ cadenceSeconds: 4 }));
});

const expectAnswer = ({ receiver }: Direction, number: string, answer: object) =>
  eventually(async () => expect(await receiver.ask(number)).toMatchObject(answer));

async function aKnownMember(direction: Direction): Promise<string> {
  const number = numberOf(direction.sender.code);
  await direction.sender.put(number);
  await expectAnswer(direction, number, { outcome: 'recognised' });
  return number;
}

/** The reports of a kind about the sender at the receiver. */
async function reportsOf({ sender, receiver }: Direction, kind: string) {
  const { reports } = await receiver.partner(sender.code);
  return reports.filter((report) => report.kind === kind);
}

describe.each(['push', 'poll'] as const)('by %s', (by) => {
  test('events that are gone at the sender: the gap is asked for, and filled by a snapshot', async () => {
    const direction = directions[by];
    const { sender, receiver } = direction;
    const numbers = [await aKnownMember(direction), await aKnownMember(direction), await aKnownMember(direction)];
    const before = await reportsOf(direction, 'snapshot_applied');
    const { proxy } = wayOf(direction);
    proxy.disconnect();
    for (const number of numbers) await sender.event(number, { type: 'suspended' });
    const { rowCount } = await sender.database.asOwner(
      'delete from outbox o using membership m where m.id = o.membership_id and m.number = $1 and o.settled_at is null',
      [numbers[1]],
    );
    expect(rowCount).toBe(1);
    proxy.connect();
    for (const number of numbers) await expectAnswer(direction, number, { outcome: 'not_recognised' });
    await expectInStep(direction);
    expect((await reportsOf(direction, 'snapshot_applied')).length).toBe(before.length + 1);
    expect((await receiver.partner(sender.code)).inbound.needsSnapshot).toBe(false);
  });

  test.each<[string, Change, string]>([
    ['altered', alter, 'invalid_key'],
    ['signed with another key', signAnew, 'invalid_key'],
    ['cut short', (compact) => compact.slice(0, -9), 'invalid_request'],
  ])('an event that is %s on its way is refused; the true one follows', async (_, change, error) => {
    const direction = directions[by];
    const { sender, receiver } = direction;
    const number = await aKnownMember(direction);
    const deliveries = holdDeliveries(direction, number);
    await sender.event(number, { type: 'revoked' });
    const verdict = await deliver(direction, await deliveries.next(), change, [], { isSettled: by === 'push' });
    deliveries.end();
    // A poll leaves it open at first: what was damaged on its way comes whole the next time.
    expect(verdict.error).toBe(by === 'push' ? error : null);
    expect(await receiver.ask(number)).toMatchObject({ outcome: 'recognised' });
    expect(await versionsOf(receiver.database, number)).toBe(1);
    await verdict.pass();
    await expectAnswer(direction, number, { outcome: 'not_recognised' });
    await expectInStep(direction);
    expect(await versionsOf(receiver.database, number)).toBe(2);
    expect(await reportsOf(direction, 'set_refused')).not.toEqual([]);
  });

  test('an event that comes again later has no effect', async () => {
    const direction = directions[by];
    const { sender, receiver } = direction;
    const number = await aKnownMember(direction);
    const deliveries = holdDeliveries(direction, number);
    await sender.event(number, { type: 'suspended' });
    const delivery = await deliveries.next();
    await (await deliver(direction, delivery)).pass();
    const later = holdDeliveries(direction, number);
    deliveries.end();
    await sender.event(number, { type: 'reinstated' });
    const last = await later.next();
    // In one answer to a poll both arrive; after the push of the later one the earlier one is pushed again.
    const [earlier = ''] = tokensIn(delivery).filter((token) => readToken(token).number === number);
    later.end();
    const verdict = await deliver(direction, last, undefined, [earlier]);
    expect(verdict.error).toBeNull();
    await verdict.pass();
    await expectAnswer(direction, number, { outcome: 'recognised' });
    await expectInStep(direction);
    expect(await versionsOf(receiver.database, number)).toBe(3);
  });
});

/** What was said of the member is taken back, under the old signature. */
function alter(compact: string): string {
  const [header, payload = '', signature] = compact.split('.');
  const said = Buffer.from(payload, 'base64url').toString().replaceAll('"revoked"', '"active"');
  return [header, Buffer.from(said).toString('base64url'), signature].join('.');
}

async function signAnew(compact: string): Promise<string> {
  const header = decodeProtectedHeader(compact) as CompactJWSHeaderParameters;
  const { privateKey } = await generateKeyPair('EdDSA');
  const [, payload = ''] = alter(compact).split('.');
  return new CompactSign(Buffer.from(payload, 'base64url')).setProtectedHeader(header).sign(privateKey);
}

describe('a row that was changed by hand is found by comparing digests, and put right', () => {
  /** As a quarter of an hour after the last time: the sender looks at its own rows at most every five minutes. */
  async function compare({ sender, receiver }: Direction): Promise<void> {
    await sender.database.asOwner(`update share_check set checked_at = checked_at - interval '15 minutes'`);
    await receiver.database.asOwner(
      `update inbound_stream set compared_at = compared_at - interval '15 minutes' where partner = $1`,
      [sender.code],
    );
  }

  test.each([
    [
      'the status of a copy',
      `update membership_status s set status = 'active' from membership m
        where m.id = s.membership_id and m.number = $1 and upper_inf(s.known) and s.status = 'suspended'`,
    ],
    [
      'what was told of a copy',
      `update copy c set record = jsonb_set(c.record, '{issuingCountry}', '"FR"') from membership m
        where m.id = c.membership_id and m.number = $1`,
    ],
    [
      'a copy that counts as no longer communicated',
      `update copy c set record = null, hash = null, communicated = null from membership m
        where m.id = c.membership_id and m.number = $1`,
    ],
  ])('at the receiver: %s', async (_, statement) => {
    const direction = directions.push;
    const { receiver } = direction;
    const number = await aKnownMember(direction);
    await direction.sender.event(number, { type: 'suspended' });
    await expectAnswer(direction, number, { outcome: 'not_recognised' });
    await expectInStep(direction);
    const before = await reportsOf(direction, 'digest_repaired');
    expect((await receiver.database.asOwner(statement, [number])).rowCount).toBeGreaterThan(0);
    await expect(compareSides(direction)).rejects.toThrow();
    await compare(direction);
    await expectInStep(direction);
    expect(await receiver.ask(number)).toMatchObject({ outcome: 'not_recognised' });
    const repaired = await reportsOf(direction, 'digest_repaired');
    expect(repaired.length).toBe(before.length + 1);
    expect(JSON.stringify(repaired[0]?.detail)).toContain(number);
  });

  test.each([
    [
      'a name in the registry',
      `update membership_record r set names = jsonb_set(r.names, '{0,name}', '"Von Hand GmbH"') from membership m
        where m.id = r.membership_id and m.number = $1 and upper_inf(r.known)`,
    ],
    [
      'what the partner was told last',
      `update share h set record = jsonb_set(h.record, '{names,0,name}', '"Nie Gesagt GmbH"'), hash = null from membership m
        where m.id = h.membership_id and m.number = $1`,
    ],
  ])('at the sender: %s', async (_, statement) => {
    const direction = directions.poll;
    const number = await aKnownMember(direction);
    await expectInStep(direction);
    expect((await direction.sender.database.asOwner(statement, [number])).rowCount).toBeGreaterThan(0);
    await expect(compareSides(direction)).rejects.toThrow();
    await compare(direction);
    await expectInStep(direction);
  });

  test('operations ask for all of it again', async () => {
    const direction = directions.poll;
    const { sender, receiver } = direction;
    const number = await aKnownMember(direction);
    await expectInStep(direction);
    const before = await reportsOf(direction, 'snapshot_applied');
    const statement = `update membership_record r set names = jsonb_set(r.names, '{0,name}', '"By Hand"') from membership m
                        where m.id = r.membership_id and m.number = $1 and upper_inf(r.known)`;
    await receiver.database.asOwner(statement, [number]);
    await receiver.call('POST', `/v1/partners/${sender.code}/resynchronise`, {});
    await eventually(async () =>
      expect((await reportsOf(direction, 'snapshot_applied')).length).toBe(before.length + 1),
    );
    await expectInStep(direction);
  });
});

test('who is silent for longer than 1.5 times its cadence is not believed any more, and is again when it is back', async () => {
  const ways = [directions.push, directions.poll];
  const numbers = await Promise.all(ways.map(aKnownMember));
  const each = (look: (direction: Direction, number: string) => Promise<unknown>) =>
    Promise.all(ways.map((direction, index) => look(direction, numbers[index] ?? '')));
  eu.proxy.disconnect();
  jp.proxy.disconnect();
  await each(async (direction, number) => {
    await expectAnswer(direction, number, { outcome: 'indeterminate', reason: 'DATA_STALE' });
    expect(await direction.receiver.partner(direction.sender.code)).toMatchObject({ fresh: false });
  });
  eu.proxy.connect();
  jp.proxy.connect();
  await each(async (direction, number) => {
    await expectAnswer(direction, number, { outcome: 'recognised' });
    await expectInStep(direction);
    expect(await direction.receiver.partner(direction.sender.code)).toMatchObject({ fresh: true });
  });
});
