import { expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { membersOf } from '../../support/members.ts';

test('an event takes effect when it is recorded where its moment is left out or null', async () => {
  const members = membersOf(await createTestApi(await createTestDatabase()));
  await members.put('DEAEOF00000001');
  for (const event of [{ type: 'suspended' }, { type: 'reinstated', effectiveFrom: null }]) {
    const response = await members.event('DEAEOF00000001', event);
    expect(response.statusCode, response.body).toBe(201);
  }
  const { events } = (await members.history('DEAEOF00000001')).json();
  expect(events).toHaveLength(3);
  for (const { effectiveFrom, recordedAt } of events.slice(1)) expect(effectiveFrom).toBe(recordedAt);
});
