import { pollStream, receiveSets } from '@mra/exchange';
import { type CanonicalRecord, PollRequest } from '@mra/exchange-protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { shareNextSnapshot } from './fixtures/next-snapshot.ts';
import { type Line, numberOf, one, serveInstead } from './loading.ts';

/** What goes wrong with a snapshot and is no reason to refuse the whole of it. */

const { pair, lines, seq, standIn } = shareNextSnapshot();
// The new name has come as an event, too.
beforeAll(() => pair.flow());

describe('not the fault of the snapshot: to be tried again', () => {
  test.each([404, 401, 500])('the partner answers %i', async (status) => {
    pair.eu.intercept = (_request, response) => {
      response.writeHead(status).end();
      return true;
    };
    await expect(pair.load()).rejects.toMatchObject({ name: 'UnexpectedAnswer', status });
  });

  test('the partner cannot be reached, or does not make one in time', async () => {
    pair.eu.disconnect();
    await expect(pair.load()).rejects.toMatchObject({ name: 'PartnerUnreachable' });
    pair.eu.connect();
    serveInstead(pair.eu, await standIn(), (request, response) => {
      if (request.method === 'POST') return false;
      response.writeHead(202, { 'retry-after': '0' }).end();
      return true;
    });
    await expect(pair.load({ patienceMs: 300 })).rejects.toMatchObject({ name: 'UnexpectedAnswer', status: 202 });
  });

  test('a file that breaks off once is fetched again', async () => {
    const whole = await standIn();
    let cuts = 0;
    serveInstead(pair.eu, whole, (_request, response, file) => {
      if (file !== 2 || cuts === 1) return false;
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write(whole.files[1]?.subarray(0, 3000), () => response.destroy());
      cuts = 1;
      return true;
    });
    expect(await pair.load()).toMatchObject({ outcome: 'applied', records: 20 });
    expect(cuts).toBe(1);
  });

  test('the stream was replaced meanwhile', async () => {
    serveInstead(pair.eu, await standIn(), (_request, _response, file) => {
      if (file === 1) void pair.jp.database.asOwner(`update inbound_stream set stream_id = 'another'`);
      return false;
    });
    await expect(pair.load()).rejects.toMatchObject({ name: 'StreamReplaced' });
    await pair.jp.database.asOwner('update inbound_stream set stream_id = $1', [pair.streamId]);
  });
});

describe('a bad record', () => {
  const changed = (place: number, change: Partial<CanonicalRecord> & Record<string, unknown>): Line => {
    const line = lines.find(({ record }) => record.number === numberOf(place)) as Line;
    return { ...line, record: { ...line.record, ...change } as CanonicalRecord };
  };
  const withChanged = (...some: readonly Line[]): Line[] => {
    const numbers = some.map(({ record }) => record.number);
    return [...lines.filter(({ record }) => !numbers.includes(record.number)), ...some];
  };
  const quarantined = async () =>
    (await pair.jp.database.asOwner(`select number, code, origin, state from quarantine order by number, id`)).rows;

  test.each([
    [
      'an unknown status',
      'SCHEMA_INVALID',
      { statuses: [{ component: 'AEOS', type: 'AEOF', status: 'paused', from: null, to: null }] },
    ],
    ['a bad date', 'SCHEMA_INVALID', { validFrom: '2019-02-30' }],
    [
      'a megabyte of name',
      'SCHEMA_INVALID',
      { names: [{ name: 'x'.repeat(1_048_576), kind: 'legal', language: null }] },
    ],
    ['what no database holds', 'SCHEMA_INVALID', { names: [{ name: 'a\0b', kind: 'legal', language: null }] }],
    ['an unknown type', 'UNKNOWN_TYPE', { type: 'AEOX' }],
    [
      'the identifier of another member',
      'IDENTIFIER_OF_ANOTHER',
      { identifiers: [{ scheme: 'eori', value: 'DE100000000000005', from: null, to: null }] },
    ],
  ])('with %s is put aside, and the others are applied', async (_, code, change) => {
    const { jp, load, ask } = pair;
    const renamed = changed(9, { names: [{ name: `Renamed for ${code}`, kind: 'legal', language: null }] });
    serveInstead(pair.eu, await standIn(withChanged(changed(8, change as never), renamed)));
    const loaded = await load();
    expect(loaded).toMatchObject({ outcome: 'applied', records: 20, refused: 1, ended: 0 });
    expect(await quarantined()).toContainEqual({ number: numberOf(8), code, origin: 'snapshot', state: 'open' });
    expect(await ask(numberOf(9))).toMatchObject({
      outcome: 'recognised',
      membership: { name: `Renamed for ${code}` },
    });
    // What it says is newer than the copy, and nobody can read it.
    expect(await ask(numberOf(8))).toMatchObject({ outcome: 'indeterminate', reason: 'DATA_STALE' });

    serveInstead(pair.eu, await standIn());
    expect(await load()).toMatchObject({ outcome: 'applied', refused: 0 });
    expect(await quarantined()).toEqual(
      expect.arrayContaining([{ number: numberOf(8), code, origin: 'snapshot', state: 'superseded' }]),
    );
    expect(await ask(numberOf(8))).toMatchObject({ outcome: 'recognised' });
    await jp.database.asOwner('delete from quarantine');
  });

  test('an identifier that moves from one member to another within the snapshot is no fault', async () => {
    const { load } = pair;
    const moved = changed(2, { identifiers: [{ scheme: 'eori', value: 'DE100000000000015', from: null, to: null }] });
    const given = changed(15, { identifiers: [] });
    // The one who receives it comes first.
    serveInstead(pair.eu, await standIn([moved, ...withChanged(moved, given).filter((line) => line !== moved)]));
    expect(await load()).toMatchObject({ outcome: 'applied', written: 2, refused: 0 });
    serveInstead(pair.eu, await standIn());
    expect(await load()).toMatchObject({ outcome: 'applied', written: 2, refused: 0 });
  });
});

test('a member whose copy is later than the snapshot keeps what it has', async () => {
  const { eu, jp, members, load, ask, streamId } = pair;
  const whole = await standIn();
  serveInstead(eu, whole, (_request, response, file) => {
    if (file !== 2) return false;
    void (async () => {
      await members.event(numberOf(4), { type: 'suspended', effectiveFrom: new Date().toISOString() });
      await members.event(numberOf(5), { type: 'consent_withdrawn', effectiveFrom: new Date().toISOString() });
      const polled = await pollStream(eu.exchange, 'JP', streamId, PollRequest.parse({ returnImmediately: true }));
      if (!polled.ok) throw new Error(polled.reason);
      const sets = Object.entries(polled.response.sets).map(([jti, compact]) => ({ jti, compact }));
      const { receipts } = await receiveSets(jp.exchange, jp.partner, sets);
      expect(receipts.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(whole.files[1]);
    })();
    return true;
  });
  // Older than what has been applied by now, but not than what had been when it was asked for.
  expect(await load()).toMatchObject({ outcome: 'applied', seq: seq(), written: 0, ended: 0 });
  expect(await one(jp, 'select last_applied from inbound_stream')).toEqual({ last_applied: seq() + 2 });
  expect(await ask(numberOf(4))).toMatchObject({ reason: 'NOT_ACTIVE' });
  expect(await ask(numberOf(5))).toMatchObject({ reason: 'UNKNOWN_TRADER' });
});
