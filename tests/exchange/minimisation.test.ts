import { CanonicalRecord, canonicalJson, cutToElements, DATA_ELEMENTS } from '@mra/exchange-protocol';
import { beforeAll, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aMember, membersOf } from '../support/members.ts';

/** The query that builds what is sent (shared_records) cuts records exactly as the protocol says (cutToElements). */

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const members = membersOf(await createTestApi(database));
  await members.put(
    'DEAEOF00000001',
    aMember({
      validTo: '2999-01-01',
      validatedOn: '2019-03-15',
      issuingOffice: 'DE004600',
      names: [
        { name: 'Muster Logistik GmbH', kind: 'legal', language: 'de' },
        { name: 'Muster', kind: 'trading' },
      ],
      addresses: [{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
      identifiers: [{ scheme: 'eori', value: 'DE 1234', validFrom: '2020-01-01' }],
      roles: ['exporter', 'importer'],
    }),
  );
  await members.event('DEAEOF00000001', { type: 'suspended', effectiveFrom: '2020-05-01' });
  await members.event('DEAEOF00000001', { type: 'reinstated', effectiveFrom: '2021-05-01' });
  // One whose last period is over.
  await members.put('DEAEOF00000002', aMember({ identifiers: [], addresses: [] }));
  await database.asOwner(`update membership_status set valid = tstzrange(lower(valid), '2999-06-01')
                           where membership_id = (select id from membership where number = 'DEAEOF00000002')`);
});

async function sent(elements: readonly string[] | null, at: string): Promise<CanonicalRecord[]> {
  await database.asOwner(`update agreement set data_elements = $1 where id = 'eu-jp-2010' and upper_inf(known)`, [
    elements,
  ]);
  const { rows } = await database.asOwner(
    `select record from shared_records('JP', $1, array(select id from membership)) order by membership_id`,
    [at],
  );
  return rows.map(({ record }) => CanonicalRecord.parse(record));
}

/** Every set of them: a number from 0 to 1023 says by its bits which are in it. */
const subsets = Array.from({ length: 2 ** DATA_ELEMENTS.length }, (_, bits) =>
  DATA_ELEMENTS.filter((_element, place) => (bits >> place) % 2 === 1),
);

test.each(['2020-06-01T00:00:00.000Z', '2026-11-22T00:00:00.000Z'])('every set of data elements, at %s', async (at) => {
  const whole = await sent(DATA_ELEMENTS, at);
  expect(whole.length).toBe(2);
  expect(subsets.length).toBe(1024);
  for (const elements of [...subsets, null]) {
    const cut = whole.map((record) => canonicalJson(cutToElements(record, elements, { at })));
    expect((await sent(elements, at)).map(canonicalJson), `${elements}`).toEqual(cut);
  }
});

test('what is not in the list of an agreement is nowhere in what is sent', async () => {
  const [record] = await sent(['AUTHORISATION_NUMBER', 'STATUS'], '2026-11-22T00:00:00.000Z');
  const text = JSON.stringify(record);
  for (const secret of ['Muster', 'Hafenstra', 'DE 1234', 'DE004600', '2019-03-15', '2020-05-01', 'exporter']) {
    expect(text).not.toContain(secret);
  }
  expect(record?.statuses.map(({ status }) => status)).toEqual(['active', 'expired', 'active', 'expired']);
});
