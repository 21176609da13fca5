import { EVENT_TYPES } from '@mra/exchange-protocol';
import { readAs } from '@mra/registry';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { aMember } from '../support/members.ts';
import { NUMBER, shareStreamToJp } from './fixtures/sharing.ts';
import { aStreamTo, clearExchange, eventsTo, runTimers, toldOf } from './streams.ts';

/** Which members, which data elements, for which partner, under which agreement and consent, at the moment of the change. */

const { database, members, names } = shareStreamToJp();

describe('what changes becomes one event', () => {
  test('a new member is published, with the whole record', async () => {
    await members.put(NUMBER, aMember({ identifiers: [{ scheme: 'eori', value: 'DE1' }] }));
    expect(await eventsTo(database, 'JP')).toMatchObject([
      {
        seq: 1,
        event: 'membershipPublished',
        payload: {
          seq: 1,
          agreement: 'eu-jp-2010',
          communicated: { from: '2019-04-01T00:00:00.000Z', to: null },
          record: {
            programme: 'eu-aeo',
            number: NUMBER,
            type: 'AEOF',
            names: [{ name: 'Muster Logistik GmbH', kind: 'legal', language: 'de' }],
            statuses: [
              { component: 'AEOC', type: 'AEOF', status: 'active', from: '2019-04-01T00:00:00.000Z', to: null },
              { component: 'AEOS', type: 'AEOF', status: 'active', from: '2019-04-01T00:00:00.000Z', to: null },
            ],
          },
        },
      },
    ]);
  });

  test('a suspension is a changed status from when it took effect, without its reason', async () => {
    await members.put(NUMBER);
    const effectiveFrom = '2026-01-15T08:00:00.000Z';
    await members.event(NUMBER, { type: 'suspended', effectiveFrom, note: 'suspected smuggling' });
    const [, event] = await eventsTo(database, 'JP');
    expect(event).toMatchObject({ seq: 2, event: 'statusChanged', toe: effectiveFrom });
    expect(event?.payload.record?.statuses).toContainEqual({
      component: 'AEOS',
      type: 'AEOF',
      status: 'suspended',
      from: effectiveFrom,
      to: null,
    });
    const { rows } = await database.asOwner(`select (select string_agg(to_jsonb(o)::text, '') from outbox o)
                                                  || (select string_agg(to_jsonb(s)::text, '') from share s) as everything`);
    expect(rows[0].everything).toContain(NUMBER);
    expect(rows[0].everything).not.toContain('smuggling');
  });

  test('another name is a corrected record', async () => {
    await members.put(NUMBER);
    await members.put(NUMBER, aMember({ names: [{ name: 'Anders GmbH', kind: 'legal' }] }));
    expect(await names()).toEqual(['membershipPublished', 'recordCorrected']);
  });

  test('what a partner is not told is no event: a consent to somebody else, a new version without a change', async () => {
    await members.put(NUMBER, aMember({ consent: { given: true, partners: ['JP'], from: '2019-04-01' } }));
    await members.event(NUMBER, { type: 'consent_given', partners: ['US'] });
    await members.put(NUMBER, aMember({ consent: { given: true, partners: ['JP', 'CH'], from: '2019-04-01' } }));
    expect(await names()).toEqual(['membershipPublished']);
  });

  test('members of one list get numbers without a gap, and partners streams of their own', async () => {
    await aStreamTo(database, 'US');
    for (const n of [1, 2, 3]) {
      await members.put(`DEAEOF0000000${n}`, aMember({ consent: { given: true, partners: n === 2 ? ['JP'] : null } }));
    }
    expect((await eventsTo(database, 'JP')).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect((await eventsTo(database, 'US')).map(({ seq }) => seq)).toEqual([1, 2]);
  });
});

describe('a member who is not covered', () => {
  test.each([
    ['no consent', { consent: { given: false } }],
    ['consent for another partner', { consent: { given: true, partners: ['US'] } }],
    ['consent from a later day', { consent: { given: true, from: '2999-01-01' } }],
    ['a type that never counts', { type: 'AEOC' }],
  ])('is not sent: %s', async (_, change) => {
    await members.put(NUMBER, aMember(change));
    expect(await names()).toEqual([]);
    expect(await toldOf(database, 'JP')).toEqual([]);
  });

  test('is not sent to a partner without an agreement', async () => {
    await aStreamTo(database, 'KR');
    await members.put(NUMBER);
    expect(await names('KR')).toEqual([]);
    expect(await names('JP')).toEqual(['membershipPublished']);
  });

  test('copies are never passed on', async () => {
    await members.put(NUMBER);
    await clearExchange(database);
    await aStreamTo(database, 'JP');
    await database.asOwner(`update membership set source = 'EU' where number = $1`, [NUMBER]);
    await database.asOwner(`select refresh_shares(array(select id from membership), now(), 'test')`);
    expect(await names()).toEqual([]);
    await database.asOwner(`update membership set source = null`);
  });
});

describe('who stops being covered is told as communication ended, never why', () => {
  const ended = { agreement: 'eu-jp-2010', member: { programme: 'eu-aeo', number: NUMBER } };

  test('consent withdrawn, from when it was withdrawn', async () => {
    await members.put(NUMBER);
    const effectiveFrom = '2026-02-01T00:00:00.000Z';
    await members.event(NUMBER, { type: 'consent_withdrawn', partners: ['JP'], effectiveFrom, note: 'a secret' });
    const events = await eventsTo(database, 'JP');
    expect(events.map(({ event }) => event)).toEqual(['membershipPublished', 'communicationEnded']);
    expect(events[1]).toMatchObject({ toe: effectiveFrom, payload: { seq: 2, ...ended } });
    expect(Object.keys(events[1]?.payload ?? {}).toSorted()).toEqual(['agreement', 'member', 'seq']);
    expect(await toldOf(database, 'JP')).toEqual([]);
  });

  test('type changed to one that does not count, from when it changed', async () => {
    await members.put(NUMBER);
    const effectiveFrom = '2026-03-01T00:00:00.000Z';
    await members.event(NUMBER, { type: 'type_changed', newType: 'AEOC', effectiveFrom });
    expect((await eventsTo(database, 'JP'))[1]).toMatchObject({
      event: 'communicationEnded',
      toe: effectiveFrom,
      payload: ended,
    });
  });

  test('a record replaced by one that says something else from earlier on, from then', async () => {
    await members.put(
      NUMBER,
      aMember({ type: 'AEOS', validFrom: '2010-01-01', consent: { given: true, from: '2010-01-01' } }),
    );
    await members.put(
      NUMBER,
      aMember({ type: 'AEOC', validFrom: '2016-10-01', consent: { given: true, from: '2010-01-01' } }),
    );
    expect((await eventsTo(database, 'JP'))[1]).toMatchObject({
      event: 'communicationEnded',
      toe: '2010-01-01T00:00:00.000Z',
    });
  });

  test('who is revoked stays covered and is told so', async () => {
    await members.put(NUMBER);
    await members.event(NUMBER, { type: 'revoked' });
    expect(await names()).toEqual(['membershipPublished', 'statusChanged']);
  });

  test('who consents again is published again', async () => {
    await members.put(NUMBER);
    await members.event(NUMBER, { type: 'consent_withdrawn', partners: null });
    await members.event(NUMBER, { type: 'consent_given', partners: null });
    expect(await names()).toEqual(['membershipPublished', 'communicationEnded', 'membershipPublished']);
  });
});

describe('status of the stream', () => {
  test('a paused one keeps what happens, a disabled one does not', async () => {
    await database.asOwner(`update stream set wanted_receiver = 'paused'`);
    await members.put(NUMBER);
    expect(await names()).toEqual(['membershipPublished']);
    await database.asOwner(`update stream set wanted_receiver = 'disabled'`);
    await members.event(NUMBER, { type: 'suspended' });
    expect(await names()).toEqual(['membershipPublished']);
  });

  test('types of events that are not delivered get no number', async () => {
    await database.asOwner(`update stream set configuration = jsonb_build_object('events_delivered', $1::jsonb)`, [
      JSON.stringify([EVENT_TYPES.membershipPublished]),
    ]);
    await members.put('DEAEOF00000001');
    await members.event('DEAEOF00000001', { type: 'suspended' });
    await members.put('DEAEOF00000002');
    expect((await eventsTo(database, 'JP')).map(({ seq, event }) => [seq, event])).toEqual([
      [1, 'membershipPublished'],
      [2, 'membershipPublished'],
    ]);
  });

  test('a new stream is swept silently: its partner begins with a snapshot', async () => {
    await members.put(NUMBER);
    await clearExchange(database, { members: false });
    await aStreamTo(database, 'JP', { isNew: true });
    await runTimers(database);
    expect(await names()).toEqual([]);
    expect(await toldOf(database, 'JP')).toMatchObject([{ number: NUMBER, seq: 0 }]);
  });
});

describe('who sees what', () => {
  test('a partner sees its own stream and nothing of another, others see none', async () => {
    await aStreamTo(database, 'US');
    await members.put(NUMBER);
    const seen = (administration: string | null, table: string) =>
      readAs(
        database.db,
        { client: 'x', administration },
        async (tx) => (await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(tx)).rows[0]?.n,
      );
    for (const table of ['stream', 'outbox', 'share', 'partner']) {
      expect([table, await seen('JP', table), await seen('US', table)]).toEqual([table, 1, 1]);
      expect([table, await seen('EU', table), await seen(null, table)]).toEqual([table, 0, 0]);
    }
  });
});
