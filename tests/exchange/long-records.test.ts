import { STATUS_PERIODS_MAX } from '@mra/exchange-protocol';
import { beforeAll, expect, test, vi } from 'vitest';
import { aTrader, createLoadingPair, type LoadingPair, numberOf } from './loading.ts';

/** A member whose status has changed more often than an event can tell stops nobody, and is not recognised by what was told before. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const [LONG, OTHER] = [numberOf(1), numberOf(2)];
/** Of a type with one component; whole days from 2019-04-02 on. */
const aMember = (place: number) => aTrader(place, { type: 'AEOS' });
const dayOf = (place: number): string => new Date(Date.UTC(2019, 3, 2 + place)).toISOString().slice(0, 10);

let pair: LoadingPair;
/** The next change of status of the long one; after an odd number of them it is suspended. */
async function change(place: number): Promise<void> {
  const type = place % 2 === 0 ? 'suspended' : 'reinstated';
  const answer = await pair.members.event(LONG, { type, effectiveFrom: dayOf(place) });
  expect(answer.statusCode).toBe(201);
}
beforeAll(async () => {
  pair = await createLoadingPair();
  // Nobody is told of the changes one by one.
  await pair.members.put(LONG, { ...aMember(1), consent: { given: false } });
  for (let place = 0; place < STATUS_PERIODS_MAX - 2; place += 1) await change(place);
  await pair.members.event(LONG, { type: 'consent_given', effectiveFrom: '2019-04-01' });
});

const answerOf = async (number: string) => (await pair.ask(number)).reason;
const periodsAt = async ({ database }: LoadingPair['eu']) =>
  (
    await database.asOwner(
      `select count(*)::int as periods from membership_status s join membership m on m.id = s.membership_id
        where m.number = $1 and upper_inf(s.known)`,
      [LONG],
    )
  ).rows[0].periods;

test('as many periods as a record may have are told; one more, and the member is no longer communicated, loudly', async () => {
  const { eu, jp, members, load, flow } = pair;
  await load();
  expect(await answerOf(LONG)).toBe('RECOGNISED');
  await change(STATUS_PERIODS_MAX - 2);
  await flow();
  expect([await periodsAt(jp), await answerOf(LONG)]).toEqual([STATUS_PERIODS_MAX, 'NOT_ACTIVE']);
  await change(STATUS_PERIODS_MAX - 1);
  await members.put(OTHER, aMember(2));
  await flow();
  expect(await periodsAt(eu)).toBe(STATUS_PERIODS_MAX + 1);
  expect([await answerOf(LONG), await answerOf(OTHER)]).toEqual(['UNKNOWN_TRADER', 'RECOGNISED']);
  expect(eu.log.filter(({ level, number }) => level === 50 && number === LONG)).not.toEqual([]);
});

test('nor does it stop a snapshot: it is put aside, and the others are applied', async () => {
  expect(await pair.load()).toMatchObject({ outcome: 'applied', records: 2, refused: 1 });
  expect(await answerOf(LONG)).not.toBe('RECOGNISED');
  expect(await answerOf(OTHER)).toBe('RECOGNISED');
});
