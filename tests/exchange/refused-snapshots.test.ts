import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { shareNextSnapshot } from './fixtures/next-snapshot.ts';
import { type Line, numberOf, one, reportsOf, type StandIn, serveInstead } from './loading.ts';

/** What is wrong with a whole snapshot, so that nothing comes of it but a report. */

const { pair, lines, seq, standIn } = shareNextSnapshot();

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
    serveInstead(pair.eu, await standIn(lines, seq() - 1));
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
