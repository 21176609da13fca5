import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { BenchNode } from './nodes.ts';

const CHANNEL = 'bench_changed';
const CHANGED_WITHIN_MS = 120_000;
/** Between a question whose answer was still the old one and the next. */
const ASK_AGAIN_MS = 5;

/**
 * Says of members when the answers about them have changed at a node. A trigger on its copies notifies at each commit, so nothing is asked
 * before there is something to see; then one question is asked, and what counts is when its answer has come.
 */
export async function watchAnswers(node: BenchNode, token: string) {
  const waiting = new Map<string, { resolve: (at: number) => void; reject: (error: Error) => void }>();
  const client = new pg.Client({ connectionString: node.databaseUrl });
  await client.connect();
  await client.query(`
    create or replace function bench_tell() returns trigger language plpgsql as $$
    begin
      perform pg_notify('${CHANNEL}', new.record ->> 'number');
      return null;
    end
    $$`);
  await client.query(
    'create or replace trigger bench_tell after update on copy for each row execute function bench_tell()',
  );
  client.on('notification', ({ payload = '' }) => {
    const found = waiting.get(payload);
    if (found === undefined) return;
    waiting.delete(payload);
    untilChanged(payload).then(found.resolve, found.reject);
  });
  await client.query(`listen ${CHANNEL}`);

  async function untilChanged(number: string): Promise<number> {
    const question = new URLSearchParams({ recogniser: node.code, identifier: number, role: 'exporter' });
    const deadline = performance.now() + CHANGED_WITHIN_MS;
    while (performance.now() < deadline) {
      const response = await fetch(`${node.url}/v1/recognition?${question}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const answer = (await response.json()) as { outcome?: string; reason?: string };
      if (answer.outcome === 'not_recognised' && answer.reason === 'NOT_ACTIVE') return performance.now();
      if (answer.outcome !== 'recognised')
        throw new Error(`${number} is answered ${JSON.stringify(answer).slice(0, 300)}`);
      await pause(ASK_AGAIN_MS);
    }
    throw new Error(`the answer about ${number} has not changed`);
  }

  return {
    /** @returns when the changed answer had come, by `performance.now()`. To be called before the change is made. */
    whenChanged: (number: string): Promise<number> =>
      new Promise((resolve, reject) => {
        waiting.set(number, { resolve, reject });
        setTimeout(() => {
          if (waiting.delete(number)) reject(new Error(`the change of ${number} has not arrived`));
        }, CHANGED_WITHIN_MS).unref();
      }),
    async close(): Promise<void> {
      await client.query('drop trigger bench_tell on copy');
      await client.end();
    },
  };
}
