import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { putBack, recordChange } from '../support/agreement-changes.ts';
import { aMember } from '../support/members.ts';
import { NUMBER, shareStreamToJp, soon } from './fixtures/sharing.ts';
import { eventsTo, runTimers, toldOf } from './streams.ts';

/** What begins and ends the communication of members though nobody writes of them: other terms of an agreement, and time. */

const { database, members, names } = shareStreamToJp();

const told = async () => (await toldOf(database, 'JP')).map(({ number }) => number);

describe('agreements', () => {
  test('one that is suspended ends the communication of its members, one that comes into force begins it', async () => {
    await members.put(NUMBER);
    await members.put('DEAEOF00000002', aMember({ consent: { given: false } }));
    await recordChange(database.db, { agreement: 'eu-jp-2010', from: soon(-1000), lifeCycle: 'suspended' });
    await runTimers(database);
    expect(await names()).toEqual(['membershipPublished', 'communicationEnded']);
    await recordChange(database.db, { agreement: 'eu-jp-2010', from: soon(-1000), lifeCycle: 'in_force' });
    await runTimers(database);
    expect(await names()).toEqual(['membershipPublished', 'communicationEnded', 'membershipPublished']);
    await runTimers(database);
    expect((await names()).length).toBe(3);
  });

  test('a pilot is told of the members on its list, however their numbers are written', async () => {
    for (const n of [1, 2]) await members.put(`DEAEOF0000000${n}`);
    const pilot = {
      agreement: 'eu-jp-2010',
      from: null,
      lifeCycle: 'pilot',
      pilotMembers: ['de aeof-00000002'],
    } as const;
    await recordChange(database.db, pilot);
    await runTimers(database);
    expect(await told()).toEqual(['DEAEOF00000002']);
    await recordChange(database.db, { agreement: 'eu-jp-2010', from: null, lifeCycle: 'in_force' });
  });
});

describe('terms that change and change back before a worker has looked at them, as while none runs', () => {
  /** Suspends the agreement with JP, and puts it back behind what happens meanwhile. */
  async function whileSuspended(happen: () => Promise<unknown>): Promise<void> {
    const terms = await recordChange(database.db, { agreement: 'eu-jp-2010', from: null, lifeCycle: 'suspended' });
    await happen();
    await putBack(database.db, terms);
    await runTimers(database);
  }

  test('a member that was recorded meanwhile is told, when the worker looked in between', async () => {
    await whileSuspended(async () => {
      await runTimers(database);
      await members.put(NUMBER);
    });
    expect(await told()).toEqual([NUMBER]);
  });

  // What begins a sweep counts the versions of the network (db/migrations/0051): the same terms again are a change.
  test('a member that was recorded meanwhile is told, when nobody looked', async () => {
    await whileSuspended(() => members.put(NUMBER));
    expect(await told()).toEqual([NUMBER]);
  });

  test('a member that was changed meanwhile, and so ended, is told again', async () => {
    await members.put(NUMBER);
    await whileSuspended(() => members.event(NUMBER, { type: 'suspended' }));
    expect(await told()).toEqual([NUMBER]);
  });

  test('terms that time has ended and begun again, when nobody looked', async () => {
    await members.put(NUMBER);
    const terms = await recordChange(database.db, { agreement: 'eu-jp-2010', from: soon(600), lifeCycle: 'suspended' });
    await recordChange(database.db, { agreement: 'eu-jp-2010', from: soon(1800), lifeCycle: 'in_force' });
    await runTimers(database);
    expect(await told()).toEqual([NUMBER]);
    await pause(900);
    await members.event(NUMBER, { type: 'suspended' });
    expect(await told()).toEqual([]);
    await pause(1500);
    await runTimers(database);
    expect(await told()).toEqual([NUMBER]);
    await putBack(database.db, terms);
  });
});

describe('time', () => {
  const FROM = '2999-01-01T00:00:00.000Z';
  const TO = '2999-06-01T00:00:00.000Z';
  /** What the worker does when a bound has come. */
  const at = (moment: string) =>
    database.asOwner(
      `select refresh_shares(array(select membership_id from share_due where due_at <= $1), $1, 'test')`,
      [moment],
    );
  const due = async () => (await database.asOwner('select due_at from share_due')).rows.map(({ due_at }) => due_at);

  test('a consent recorded beforehand begins and ends the communication at its instant, without anyone writing', async () => {
    await members.put(NUMBER, aMember({ consent: { given: true, from: FROM } }));
    await members.event(NUMBER, { type: 'consent_withdrawn', partners: null, effectiveFrom: TO });
    await runTimers(database);
    expect(await names()).toEqual([]);
    expect(await due()).toEqual([FROM]);
    await at(FROM);
    expect(await eventsTo(database, 'JP')).toMatchObject([
      { event: 'membershipPublished', payload: { communicated: { from: FROM, to: TO } } },
    ]);
    expect(await due()).toEqual([TO]);
    await at(TO);
    expect((await eventsTo(database, 'JP')).at(-1)).toMatchObject({ event: 'communicationEnded', toe: TO });
    expect(await due()).toEqual([]);
  });

  test('an expiry recorded beforehand is told beforehand, and no event is needed when it comes', async () => {
    await members.put(NUMBER, aMember({ validTo: TO }));
    const [published] = await eventsTo(database, 'JP');
    expect(published?.payload.record?.statuses).toContainEqual(
      expect.objectContaining({ component: 'AEOS', status: 'expired', from: TO, to: null }),
    );
    await at(TO);
    expect(await names()).toEqual(['membershipPublished']);
  });

  test('the clock of the database decides what is due', async () => {
    await members.put(NUMBER, aMember({ consent: { given: true, from: soon(300) } }));
    for (let published = false; !published; published = (await names()).length > 0) await runTimers(database);
    const [event] = await eventsTo(database, 'JP');
    expect(event?.event).toBe('membershipPublished');
  });
});
