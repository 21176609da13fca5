import { expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';
test('timing', async () => {
  const database = await createTestDatabase({ demo: true });
  const members = membersOf(await createTestApi(database));
  await members.put('DEAEOF11110001', aMember({ consent: { given: false } }));
  const time = async (f: () => Promise<unknown>) => { const t = performance.now(); await f(); return performance.now() - t; };
  const median = (xs: number[]) => xs.toSorted((a, b) => a - b)[Math.floor(xs.length / 2)];
  for (const kind of ['get', 'ask', 'local'] as const) {
    const hidden: number[] = [], none: number[] = [];
    const f = (n: string) => kind === 'get' ? members.get(n, '', { administration: 'JP' }) : kind === 'ask' ? members.ask({ identifier: n }) : members.suspendLocally(n, {});
    for (let i = 0; i < 300; i += 1) { hidden.push(await time(() => f('DEAEOF11110001'))); none.push(await time(() => f('DEAEOF11119999'))); }
    console.log(kind, 'hidden', median(hidden.slice(50)), 'none', median(none.slice(50)));
  }
  const { rows } = await database.asOwner(`explain (analyze, costs off) select is_shared_with(m.id, 'JP') from membership m`);
  console.log(rows.map((r) => r['QUERY PLAN']).join('\n'));
  const search: number[] = [];
  for (let i = 0; i < 20; i += 1) search.push(await time(() => members.search({ limit: '500' }, { administration: 'JP' })));
  console.log('search', median(search), (await members.search({ limit: '500' }, { administration: 'JP' })).json().data.length);
  expect(1).toBe(1);
});
