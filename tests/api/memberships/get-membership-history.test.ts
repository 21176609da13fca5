import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

let members: ReturnType<typeof membersOf>;
const NUMBER = 'DEAEOF00000001';
beforeAll(async () => {
  members = membersOf(await createTestApi(await createTestDatabase()));
  await members.put(NUMBER);
  await members.event(
    NUMBER,
    { type: 'suspended', component: 'AEOS', effectiveFrom: '2024-01-01', note: 'irregularities found' },
    { client: 'officer' },
  );
  await members.event(NUMBER, { type: 'consent_withdrawn', partners: ['US'], effectiveFrom: '2024-02-01' });
  await members.put(NUMBER, aMember({ names: [{ name: 'Neu GmbH', kind: 'legal' }] }));
  await members.event(NUMBER, { type: 'reinstated', effectiveFrom: '2024-03-01', note: 'all well' });
});

describe('200', () => {
  test('every version with the time in which it was known, and every event in its order', async () => {
    const response = await members.history(NUMBER);
    expect(response.statusCode, response.body).toBe(200);
    const { programme, number, versions, events } = response.json();
    expect([programme, number]).toEqual(['eu-aeo', NUMBER]);
    expect(
      versions.map(({ version, names }: { version: number; names: { name: string }[] }) => [version, names[0]?.name]),
    ).toEqual([
      [1, 'Muster Logistik GmbH'],
      [2, 'Muster Logistik GmbH'],
      [3, 'Muster Logistik GmbH'],
      [4, 'Neu GmbH'],
      [5, 'Neu GmbH'],
    ]);
    for (const [index, version] of versions.entries()) {
      expect(version.supersededAt).toBe(versions[index + 1]?.recordedAt ?? null);
      expect(version.recordedAt < (version.supersededAt ?? '9')).toBe(true);
    }
    expect(versions[1].recordedBy).toBe('officer');
    expect(events).toMatchObject([
      {
        type: 'granted',
        effectiveFrom: '2019-04-01',
        sequence: 1,
        recordedBy: 'tests',
        recordedAt: versions[0].recordedAt,
      },
      {
        type: 'suspended',
        component: 'AEOS',
        effectiveFrom: '2024-01-01',
        note: 'irregularities found',
        sequence: 2,
        recordedBy: 'officer',
        recordedAt: versions[1].recordedAt,
      },
      { type: 'consent_withdrawn', partners: ['US'], effectiveFrom: '2024-02-01', sequence: 3 },
      {
        type: 'reinstated',
        effectiveFrom: '2024-03-01',
        note: 'all well',
        sequence: 4,
        recordedAt: versions[4].recordedAt,
      },
    ]);
  });

  test('a number in lower case', async () => {
    expect((await members.history(NUMBER.toLowerCase())).json().number).toBe(NUMBER);
  });

  test('to a partner without earlier versions, notes, consents and authors', async () => {
    const response = await members.history(NUMBER, { administration: 'JP' });
    expect(response.statusCode).toBe(200);
    const { versions, events } = response.json();
    expect(versions.map(({ version }: { version: number }) => version)).toEqual([5]);
    expect(
      events.map(({ type, sequence, effectiveFrom }: Record<string, unknown>) => [type, sequence, effectiveFrom]),
    ).toEqual([
      ['granted', 1, '2019-04-01'],
      ['suspended', 2, '2024-01-01'],
      ['reinstated', 3, '2024-03-01'],
    ]);
    for (const told of ['irregularities', 'all well', 'officer', '"tests"', '"US"', 'consent_'])
      expect(response.body).not.toContain(told);
  });
});

describe('404', () => {
  test('what the caller may not know of, as what does not exist', async () => {
    for (const administration of ['US', 'BR', null]) {
      const [hidden, none] = [
        await members.history(NUMBER, { administration }),
        await members.history('DEAEOF99999999', { administration }),
      ];
      expect(hidden.statusCode).toBe(404);
      expect({ ...hidden.json(), instance: '' }).toEqual({ ...none.json(), instance: '' });
    }
    expect((await members.history(NUMBER, { programme: 'xx-none' })).statusCode).toBe(404);
  });
});
