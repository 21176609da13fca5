import { normaliseIdentifier } from '@mra/recognition';
import { createPool } from '@mra/registry';
import { post, putLoad } from '../http-load.ts';
import { interleave, median } from '../measure.ts';
import { questionsAbout } from '../questions.ts';
import { type Figure, rate } from '../table.ts';
import type { Bench } from './bench-context.ts';

const BATCH = 10_000;
const AIM = 30_000;

/** Batches of 10,000 as JSON, one after the other, against the query of their facts alone, read by pg in one go. */
export async function measureBatch(bench: Bench): Promise<readonly Figure[]> {
  const { rounds, seconds, members } = bench.options;
  const questions = questionsAbout(members, BATCH);
  const token = await bench.issuer.sign('bench', 'recognition:read');
  const body = JSON.stringify({ questions });
  const service = await bench.service.use();
  await checkBatch(service.port, token, body);
  const pool = createPool({ url: bench.server.url, max: 1 });
  const query = {
    name: 'facts',
    text: 'select * from recognition_facts($1::text[], $2::timestamptz[])',
    values: [questions.map(({ identifier }) => normaliseIdentifier(identifier)), questions.map(() => null)],
  };
  const alone = async (): Promise<number> => {
    const start = performance.now();
    let count = 0;
    for (; performance.now() - start < seconds * 1000; count += BATCH) {
      const { rows } = await pool.query(query);
      if (rows.length < BATCH) throw new Error('the query gave too few rows');
    }
    return (count * 1000) / (performance.now() - start);
  };
  const load = {
    port: service.port,
    requests: [post('/v1/recognition/batch', token, body)],
    connections: 1,
    seconds,
  };
  const batches = async () => (await putLoad(load)).perSecond * BATCH;
  try {
    await batches();
    await alone();
    const results = await interleave(rounds, { service: batches, alone });
    const [answers, facts] = [median(results.service), median(results.alone)];
    const line = { what: 'batch of 10,000', measured: rate(answers), samples: results };
    return [
      {
        ...line,
        against: 'its set-based SQL alone, read by pg',
        baseline: rate(facts),
        ratio: answers / facts,
        aim: '≥ 0.3',
        met: answers / facts >= 0.3,
      },
      { ...line, against: '', baseline: '', ratio: null, aim: `≥ ${rate(AIM)}`, met: answers >= AIM },
    ];
  } finally {
    await pool.end();
  }
}

async function checkBatch(port: number, token: string, body: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/recognition/batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });
  const { answers } = (await response.json()) as { answers?: { outcome: string }[] };
  const recognised = (answers ?? []).filter(({ outcome }) => outcome === 'recognised').length;
  if (answers?.length !== BATCH || recognised < BATCH / 4 || answers.some(({ outcome }) => outcome === 'invalid'))
    throw new Error(
      `a batch was answered ${response.status} with ${answers?.length} answers, ${recognised} recognised`,
    );
}
