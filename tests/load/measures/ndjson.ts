import { once } from 'node:events';
import { request } from 'node:http';
import { post, putLoad } from '../http-load.ts';
import { questionsAbout } from '../questions.ts';
import { type Figure, rate } from '../table.ts';
import { type Bench, startService, withProcesses } from './bench-context.ts';

const BATCH = 10_000;
const MOST_MEMORY_MB = 256;
const NEWLINE = 10;

/** A long stream of NDJSON against batches of JSON, and how much memory the service held meanwhile. */
export async function measureNdjson(bench: Bench): Promise<readonly Figure[]> {
  const { questions: total, members, seconds } = bench.options;
  const questions = questionsAbout(members, Math.min(total, 100_000));
  const token = await bench.issuer.sign('bench', 'recognition:read');
  const blocks = Array.from({ length: Math.ceil(questions.length / 1000) }, (_, block) =>
    Buffer.from(
      questions
        .slice(block * 1000, block * 1000 + 1000)
        .map((question) => `${JSON.stringify(question)}\n`)
        .join(''),
    ),
  );
  const body = JSON.stringify({ questions: questions.slice(0, BATCH) });
  const { port } = await bench.service.use();
  const load = { port, requests: [post('/v1/recognition/batch', token, body)], connections: 1 };
  await putLoad({ ...load, seconds: Math.min(1, seconds) });
  const batch = (await putLoad({ ...load, seconds: seconds * 2 })).perSecond * Math.min(BATCH, questions.length);
  // A process of its own, so that the most memory it has held is the stream's.
  return withProcesses({ service: () => startService(bench, bench.server.url, 'ndjson') }, async ({ service }) => {
    const { perSecond, firstBeforeLast } = await stream(service.port, token, blocks, total);
    const memory = service.peakMemory();
    const line = { what: `${total.toLocaleString('en')} questions as NDJSON`, samples: { perSecond, batch, memory } };
    return [
      {
        ...line,
        measured: rate(perSecond),
        against: 'the batch',
        baseline: rate(batch),
        ratio: perSecond / batch,
        aim: '≥ 0.9',
        met: perSecond / batch >= 0.9,
      },
      {
        ...line,
        measured: memory === null ? 'not told by this system' : `${memory} MB at most`,
        against: firstBeforeLast
          ? 'first answer before the last question'
          : 'first answer only after the last question',
        baseline: '',
        ratio: null,
        aim: `< ${MOST_MEMORY_MB} MB`,
        met: memory === null ? null : memory < MOST_MEMORY_MB && firstBeforeLast,
      },
    ];
  });
}

async function stream(port: number, token: string, blocks: readonly Buffer[], total: number) {
  const started = performance.now();
  const asking = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v1/recognition/batch',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
  });
  let sent = 0;
  const answered = once(asking, 'response');
  const sending = (async () => {
    while (sent < total) {
      const block = blocks[(sent / 1000) % blocks.length] ?? Buffer.alloc(0);
      if (!asking.write(block)) await once(asking, 'drain');
      sent += 1000;
    }
    asking.end();
  })();
  const [response] = (await answered) as [import('node:http').IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`the stream was answered ${response.statusCode}`);
  let answers = 0;
  let firstBeforeLast: boolean | null = null;
  let kept = '';
  for await (const piece of response as AsyncIterable<Buffer>) {
    firstBeforeLast ??= sent < total;
    if (kept.length < 300) kept += piece.toString('latin1', 0, 300);
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) answers += 1;
  }
  await sending;
  if (answers !== Math.ceil(total / 1000) * 1000 || !kept.startsWith('{"outcome":'))
    throw new Error(`${answers} answers came to ${total} questions: ${kept}`);
  return { perSecond: (answers * 1000) / (performance.now() - started), firstBeforeLast: firstBeforeLast ?? false };
}
