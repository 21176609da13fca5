import { expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';
import { readAs, readMembership } from '@mra/registry';
test('timing', async () => {
  const database = await createTestDatabase({ demo: true });
  const members = membersOf(await createTestApi(database));
  await members.put('DEAEOF11110001', aMember({ consent: { given: false } }));
  const time = async (f: () => Promise<unknown>) => { const t = performance.now(); await f(); return performance.now() - t; };
  const median = (xs: number[]) => xs.toSorted((a, b) => a - b)[Math.floor(xs.length / 2)];
  for (const kind of ['get', 'ask', 'local', 'sql'] as const) {
    const t: Record<string, number[]> = { DEAEOF11110001: [], DEAEOF11119999: [] };
    const f = (n: string) => kind === 'get' ? members.get(n, '', { administration: 'JP' }) : kind === 'ask' ? members.ask({ identifier: n }) : kind === 'local' ? members.suspendLocally(n, {}) : readAs(database.db, { client: 'x', administration: 'JP' }, (tx, now) => readMembership(tx, { programme: 'eu-aeo', number: n, at: now, knownAt: now }));
    for (let i = 0; i < 600; i += 1) { const n = Math.random() < 0.5 ? 'DEAEOF11110001' : 'DEAEOF11119999'; t[n]!.push(await time(() => f(n))); }
    console.log(kind, 'hidden', median(t.DEAEOF11110001!.slice(30)), 'none', median(t.DEAEOF11119999!.slice(30)));
  }
  const { rows } = await database.asOwner(`explain (analyze, costs off) select is_shared_with(m.id, 'JP') from membership m`);
  console.log(rows.map((r) => r['QUERY PLAN']).join('\n'));
  expect(1).toBe(1);
});
