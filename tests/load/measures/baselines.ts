import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Running, startProcess } from '../processes.ts';
import { questionsAbout } from '../questions.ts';
import type { Bench } from './bench-context.ts';

/** Answers that the bare routes give out in turn: enough that their sizes are those of all. */
const ANSWERS = 1000;

/** The bare routes, with answers that the service has given to questions of the same kind. */
export async function startBaseline(bench: Bench): Promise<Running> {
  const file = join(bench.folder, 'answers.ndjson');
  const service = await bench.service.use();
  const token = await bench.issuer.sign('bench', 'recognition:read');
  const questions = questionsAbout(bench.options.members, ANSWERS);
  const response = await fetch(`http://127.0.0.1:${service.port}/v1/recognition/batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
  });
  const text = (await response.text()).trimEnd();
  const outcomes = Map.groupBy(text.split('\n'), (line) => (JSON.parse(line) as { outcome: string }).outcome);
  if (response.status !== 200 || (outcomes.get('recognised')?.length ?? 0) < ANSWERS / 4 || outcomes.has('invalid'))
    throw new Error(`the questions of the bench are not answered as they should be: ${text.slice(0, 500)}`);
  await writeFile(file, text);
  return startProcess('tests/load/baseline.ts', join(bench.folder, 'baseline.log'), {
    DATABASE_URL: bench.server.url,
    BASELINE_ANSWERS: file,
  });
}
