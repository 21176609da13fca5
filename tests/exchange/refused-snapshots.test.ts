import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pollStream, receiveSets } from '@mra/exchange';
import { type CanonicalRecord, PollRequest } from '@mra/exchange-protocol';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  aSnapshotOf,
  createLoadingPair,
  type Line,
  type LoadingPair,
  numberOf,
  one,
  reportsOf,
  type StandIn,
  serveInstead,
  toldLines,
} from './loading.ts';

let pair: LoadingPair;
let lines: Line[];
let seq: number;
beforeAll(async () => {
  pair = await createLoadingPair({ members: 20 });
  await pair.load();
  // A name for which its line is told apart from what is held.
  await pair.members.put(numberOf(0), { ...(await currentOf(0)), names: [{ name: 'Renamed GmbH', kind: 'legal' }] });
  lines = await toldLines(pair.eu);
  ({ last_seq: seq } = await one<{ last_seq: number }>(pair.eu, 'select last_seq from stream'));
});
afterEach(() => {
  pair.eu.intercept = null;
});

async function currentOf(place: number): Promise<object> {
  const {
    status: _s,
    statusSince: _t,
    components: _c,
    version: _v,
    recordedAt: _r,
    number: _n,
    programme: _p,
    administration: _a,
    source: _o,
    ...record
  } = (await pair.members.get(numberOf(place))).json();
  return record;
}

const standIn = (some: readonly Line[] = lines) => aSnapshotOf(some, pair.eu, seq);

/** Loads what stands in for EU's snapshot, and sees that nothing came of it but a report. */
async function expectRefused(codes: readonly string[]): Promise<void> {
  const { jp, load, ask } = pair;
  const state = async () => ({
    log: await one(jp, 'select seq from log_head'),
    copies: await one(jp, 'select md5(string_agg(c::text, $1 order by membership_id)) as hash from copy c', [' ']),
    stream: await one(jp, 'select last_applied, heard_at, needs_snapshot from inbound_stream'),
  });
  const before = await state();
  const loaded = await load();
  const reasons = loaded.outcome === 'refused' ? loaded.reasons.map(({ code }) => code) : [];
  expect([loaded.outcome, reasons]).toEqual(['refused', codes]);
  expect(await state()).toEqual(before);
  expect((await reportsOf(jp)).at(-1)).toMatchObject({
    kind: 'snapshot_refused',
    detail: { reasons: codes.map((code) => ({ code })) },
  });
  expect(await one(jp, 'select last_error from inbound_stream')).toEqual({
    last_error: `snapshot refused: ${codes.join(', ')}`,
  });
  expect(await one(jp, 'select count(*)::int as staged from snapshot_load_line')).toEqual({ staged: 0 });
  expect(await ask(numberOf(7))).toMatchObject({ outcome: 'recognised' });
}

describe('refused whole, reported, and the old copy stays', () => {
  test('an empty one', async () => {
    serveInstead(pair.eu, await standIn([]));
    await expectRefused(['EMPTY']);
  });

  test('one sharply smaller', async () => {
    serveInstead(pair.eu, await standIn(lines.slice(0, 17)));
    await expectRefused(['SHRUNK']);
  });

  test('one older than what had been applied when it was asked for', async () => {
    await pair.flow();
    serveInstead(pair.eu, await aSnapshotOf(lines, pair.eu, seq - 1));
    await expectRefused(['BEHIND']);
  });

  test('one whose file does not match its sum', async () => {
    const altered = await standIn();
    altered.files[1] = Buffer.from(
      altered.files[1]?.toString().replace('Invented Trader 15', 'Invented Trader 95') ?? '',
    );
    serveInstead(pair.eu, altered);
    await expectRefused(['FILE_SUM_MISMATCH', 'DIGEST_MISMATCH']);
  });

  test('one whose file ends in the middle of a line, as if that were all', async () => {
    const cut = await standIn();
    cut.files[1] = cut.files[1]?.subarray(0, 2500) ?? Buffer.alloc(0);
    serveInstead(pair.eu, cut);
    await expectRefused(['FILE_SUM_MISMATCH', 'RECORD_COUNT_MISMATCH', 'DIGEST_MISMATCH']);
  });

  test('one cut off half-way, again and again', async () => {
    const whole = await standIn();
    let cuts = 0;
    serveInstead(pair.eu, whole, (_request, response, file) => {
      if (file !== 2) return false;
      const content = whole.files[1] ?? Buffer.alloc(0);
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'content-length': content.length });
      response.write(content.subarray(0, content.length / 2), () => response.destroy());
      cuts += 1;
      return true;
    });
    await expectRefused(['FILE_MISSING', 'RECORD_COUNT_MISMATCH', 'DIGEST_MISMATCH']);
    expect(cuts).toBe(3);
  });

  test('one with a file that has more records than announced, without end', async () => {
    const endless = await standIn();
    let isClosed = false;
    serveInstead(pair.eu, endless, (_request, response, file) => {
      if (file !== 1) return false;
      response.on('close', () => {
        isClosed = true;
      });
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      const more = () => {
        while (!isClosed && response.write(`${JSON.stringify(lines[0])}\n`));
      };
      response.on('drain', more);
      more();
      return true;
    });
    await expectRefused(['FILE_SUM_MISMATCH', 'RECORD_COUNT_MISMATCH', 'DIGEST_MISMATCH', 'MEMBER_TWICE']);
    await expect.poll(() => isClosed).toBe(true);
  });

  test('one whose digest is of other records', async () => {
    const wrong = await standIn();
    wrong.manifest = {
      ...wrong.manifest,
      digest: { ...wrong.manifest.digest, hash: (await standIn(lines.slice(1))).manifest.digest.hash },
    };
    serveInstead(pair.eu, wrong);
    await expectRefused(['DIGEST_MISMATCH']);
  });

  test('one with a line that nobody can read', async () => {
    const garbled = await standIn();
    const [first = Buffer.alloc(0)] = garbled.files;
    const content = Buffer.concat([Buffer.from('{"agreement": \n'), first.subarray(first.indexOf(10) + 1)]);
    const { createHash } = await import('node:crypto');
    garbled.files[0] = content;
    const [file, ...others] = garbled.manifest.files;
    const sha256 = createHash('sha256').update(content).digest('base64url');
    garbled.manifest = {
      ...garbled.manifest,
      files: [{ ...file, url: file?.url ?? '', recordCount: 10, sha256 }, ...others],
    };
    serveInstead(pair.eu, garbled);
    await expectRefused(['RECORD_COUNT_MISMATCH', 'DIGEST_MISMATCH']);
  });

  test('one that names a member twice', async () => {
    serveInstead(pair.eu, await standIn([...lines, lines[4] as Line]));
    await expectRefused(['MEMBER_TWICE']);
  });

  test('one with a file at another origin, which is not asked for it', async () => {
    let asked = 0;
    const elsewhere = createServer((_request, response) => {
      asked += 1;
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    try {
      const foreign = await standIn();
      const files = foreign.manifest.files.map((file) => ({ ...file, url: file.url.replace(pair.eu.url, origin) }));
      foreign.manifest = { ...foreign.manifest, files };
      serveInstead(pair.eu, foreign);
      await expectRefused(['FOREIGN_ORIGIN']);
      serveInstead(pair.eu, foreign, (request, response) => {
        if (request.method !== 'POST') return false;
        response.writeHead(202, { 'content-location': `${origin}/exchange/snapshots/x` }).end();
        return true;
      });
      await expectRefused(['FOREIGN_ORIGIN']);
      expect(asked).toBe(0);
    } finally {
      await new Promise((resolve) => elsewhere.close(resolve));
    }
  });

  const instead = async (body: (manifest: StandIn['manifest']) => string): Promise<void> => {
    const whole = await standIn();
    serveInstead(pair.eu, whole, (request, response, file) => {
      if (request.method === 'POST' || file !== null) return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(body(whole.manifest));
      return true;
    });
  };

  test('one whose manifest is too large', async () => {
    await instead((manifest) => JSON.stringify({ ...manifest, more: 'x'.repeat(16 * 1_048_576) }));
    await expectRefused(['MANIFEST_INVALID']);
  });

  test.each([
    ['no JSON', () => '<html>'],
    ['without its sequence', ({ seq: _, ...manifest }: StandIn['manifest']) => JSON.stringify(manifest)],
    [
      'with a digest of three buckets',
      (manifest: StandIn['manifest']) =>
        JSON.stringify({ ...manifest, digest: { ...manifest.digest, buckets: manifest.digest.buckets.slice(0, 3) } }),
    ],
  ])('one whose manifest is %s', async (_, body) => {
    await instead(body);
    await expectRefused(['MANIFEST_INVALID']);
  });

  test('one of some buckets where everything was asked for', async () => {
    await instead((manifest) => JSON.stringify({ ...manifest, buckets: [1, 2] }));
    await expectRefused(['OTHER_BUCKETS']);
  });
});

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
  expect(await load()).toMatchObject({ outcome: 'applied', seq, written: 0, ended: 0 });
  expect(await one(jp, 'select last_applied from inbound_stream')).toEqual({ last_applied: seq + 2 });
  expect(await ask(numberOf(4))).toMatchObject({ reason: 'NOT_ACTIVE' });
  expect(await ask(numberOf(5))).toMatchObject({ reason: 'UNKNOWN_TRADER' });
});
