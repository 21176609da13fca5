import { makeDigest } from '@mra/exchange';
import { beforeAll, describe, expect, test } from 'vitest';
import { createLoadingPair, type LoadingPair, numberOf, one } from './loading.ts';

/** Before the sender gives a digest it makes sure that what it has told is what its registry says. */

describe('at the sender', () => {
  let pair: LoadingPair;
  beforeAll(async () => {
    pair = await createLoadingPair({ members: 12 });
    await pair.load();
  });
  /** Both sides meet at one event while the receiver goes on receiving. */
  const compareAndFlow = async () => {
    const comparing = pair.compare();
    await expect
      .poll(
        async () =>
          (
            await one<{ waits: boolean }>(
              pair.eu,
              'select exists (select from outbox where settled_at is null) as waits',
            )
          ).waits,
      )
      .toBe(true);
    await pair.flow();
    return comparing;
  };
  const later = () => pair.eu.database.asOwner(`update share_check set checked_at = checked_at - interval '1 hour'`);

  test.each([
    [
      'a name',
      `update membership_record set names = '[{"name": "Changed by hand", "kind": "legal", "language": null}]'
        where membership_id = (select id from membership where number = '${numberOf(1)}')`,
      numberOf(1),
      { outcome: 'recognised', membership: { name: 'Changed by hand' } },
    ],
    [
      'a status',
      `update membership_status set status = 'revoked' where membership_id = (select id from membership where number = '${numberOf(2)}')`,
      numberOf(2),
      { reason: 'NOT_ACTIVE' },
    ],
    [
      'a consent',
      `update membership_consent set scope = 'none' where membership_id = (select id from membership where number = '${numberOf(3)}')`,
      numberOf(3),
      { reason: 'UNKNOWN_TRADER' },
    ],
  ])('%s changed by hand is told as an event before both sides compare', async (_, tamper, number, answer) => {
    await pair.eu.database.asOwner(tamper);
    await later();
    expect(await compareAndFlow()).toEqual({ outcome: 'equal' });
    expect(await pair.ask(number)).toMatchObject(answer);
  });

  test('what was told, changed by hand, is told again', async () => {
    const { eu } = pair;
    await eu.database.asOwner(
      `update share set record = jsonb_set(record, '{names}', '[]') where record ->> 'number' = '${numberOf(4)}'`,
    );
    await later();
    expect(await compareAndFlow()).toEqual({ outcome: 'equal' });
    expect(await pair.ask(numberOf(4))).toMatchObject({ membership: { name: 'Invented Trader 4 GmbH' } });
  });

  test('a hash that is kept and wrong is put right by one comparison', async () => {
    const { eu } = pair;
    await eu.database.asOwner(`update share set hash = $2 where record ->> 'number' = $1`, [
      numberOf(5),
      'x'.repeat(42).concat('A'),
    ]);
    expect(await pair.compare()).toMatchObject({ outcome: 'repaired', written: 0, ended: 0 });
    expect(await pair.compare()).toEqual({ outcome: 'equal' });
  });

  test('comparing with the registry takes as many answers as it needs', async () => {
    const { eu } = pair;
    await later();
    expect(await makeDigest(eu.exchange, 'JP', { prepareMs: 0 })).toEqual({
      ok: false,
      reason: 'not_ready',
      retryAfterSeconds: 1,
    });
    const made = await makeDigest(eu.exchange, 'JP', { buckets: 16 });
    expect(made).toMatchObject({
      ok: true,
      document: { agreements: [{ agreement: 'eu-jp-2010' }], digest: { count: 11 } },
    });
    // What was compared a moment ago need not be compared again.
    expect(await makeDigest(eu.exchange, 'JP', { prepareMs: 5000 })).toMatchObject({ ok: true });
  });

  test('503 while a sweep goes on that does not end', async () => {
    const { eu, jp } = pair;
    await later();
    let asked = 0;
    eu.intercept = (request, response) => {
      if (!(request.url ?? '').startsWith('/exchange/digest') || asked > 0) return false;
      asked += 1;
      response.writeHead(503, { 'retry-after': '1' }).end();
      return true;
    };
    expect(await pair.compare()).toEqual({ outcome: 'equal' });
    expect(asked).toBe(1);
    eu.intercept = null;
    expect(await one(jp, 'select needs_snapshot from inbound_stream')).toEqual({ needs_snapshot: false });
  });
});
