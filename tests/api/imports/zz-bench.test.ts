import { test } from 'vitest';
import { as, createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { lines, ndjson } from './lists.ts';
import pg from 'pg';
const spent = new Map<string, { n: number; ms: number; first: number; last: number }>();
const original = pg.Client.prototype.query as any;
(pg.Client.prototype as any).query = function (...args: any[]) {
  const text = typeof args[0] === 'string' ? args[0] : args[0].text;
  const t = performance.now();
  const r = original.apply(this, args);
  if (r && typeof r.then === 'function') return r.then((v: any) => { note(text, performance.now() - t); return v; });
  return r;
};
function note(text: string, ms: number) {
  const k = (text ?? '').replace(/\s+/g, ' ').trim().slice(0, 110);
  const e = spent.get(k) ?? { n: 0, ms: 0, first: ms, last: 0 };
  e.n++; e.ms += ms; e.last = ms; spent.set(k, e);
}
const database = await createTestDatabase();
const { app } = await createTestApi(database);
test('bench', { timeout: 300000 }, async () => {
  const headers = { ...(await as(['registry:write'], 'JP')), 'content-type': 'application/x-ndjson' };
  const N = Number(process.env.N ?? 20000);
  for (const all of [lines(N), lines(N), lines(N - 500)]) {
    const t = performance.now();
    const r = await app.inject({ method: 'POST', url: '/v1/imports?programme=jp-aeo&mode=full', headers, payload: ndjson(all) });
    for (const [k, e] of [...spent].toSorted((a, b) => b[1].ms - a[1].ms).slice(0, 14)) console.log(e.n, Math.round(e.ms), 'first', Math.round(e.first), 'last', Math.round(e.last), k);
    spent.clear();
    console.log(r.statusCode, r.body.slice(0, 300), ((performance.now() - t) / 1000).toFixed(1), 's');
  }
});
