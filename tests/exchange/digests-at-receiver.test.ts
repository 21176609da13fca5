import { beforeAll, describe, expect, test } from 'vitest';
import { bucketOfMember, createLoadingPair, type LoadingPair, numberOf, one, reportsOf } from './loading.ts';

/** What differs at the receiver is found by its digest, fetched again and reported. */

/** Everything about the copies that JP holds: what the tables say now. */
const HELD = `
  select m.number, c.hash, md5((c.record - 'version')::text) as record, c.communicated::text, c.agreement,
         (select f.fingerprint from copy_fingerprints(array[m.id]) f) = c.fingerprint as intact, r.names, r.type,
         (select json_agg(json_build_array(s.component, s.status, s.valid) order by s.component, s.valid)
            from membership_status s where s.membership_id = m.id and upper_inf(s.known)) as statuses,
         (select json_agg(json_build_array(i.scheme, i.normalised, i.valid) order by i.scheme, i.normalised)
            from membership_identifier i where i.membership_id = m.id and upper_inf(i.known)) as identifiers,
         (select json_agg(json_build_array(x.scope, x.partners, x.valid) order by x.valid)
            from membership_consent x where x.membership_id = m.id and upper_inf(x.known)) as consents
    from membership m left join copy c on c.membership_id = m.id left join membership_record r on r.membership_id = m.id and upper_inf(r.known)
   where m.source = 'EU' and (c.membership_id is null or c.record is not null) order by m.number`;

describe('a row changed by hand at the receiver', () => {
  let pair: LoadingPair;
  let held: unknown;
  beforeAll(async () => {
    pair = await createLoadingPair({ members: 25 });
    await pair.load();
    await pair.members.event(numberOf(1), { type: 'suspended', effectiveFrom: '2024-02-01' });
    await pair.members.event(numberOf(24), { type: 'consent_withdrawn', effectiveFrom: new Date().toISOString() });
    await pair.flow();
    held = (await pair.jp.database.asOwner(HELD)).rows;
  });

  const of = (number: string) => `(select id from membership where number = '${number}')`;

  test.each([
    ['a status', 1, 'rows', `update membership_status set status = 'active' where status = 'suspended'`],
    [
      'the period of a status',
      2,
      'rows',
      `update membership_status set valid = '[2020-01-01,)' where membership_id = ${of(numberOf(2))}`,
    ],
    ['a name', 3, 'rows', `update membership_record set names = '[]' where membership_id = ${of(numberOf(3))}`],
    [
      'an identifier',
      4,
      'rows',
      `update membership_identifier set normalised = 'X1' where membership_id = ${of(numberOf(4))} and origin = 'given'`,
    ],
    [
      'an identifier more',
      5,
      'rows',
      `insert into membership_identifier select membership_id, origin, 'vat', 'Y', 'Y', '', valid, known
       from membership_identifier where membership_id = ${of(numberOf(5))} and origin = 'given'`,
    ],
    [
      'a consent',
      6,
      'rows',
      `update membership_consent set partners = '{}' where membership_id = ${of(numberOf(6))} and partners <> '{}'`,
    ],
    ['a consent removed', 7, 'rows', `delete from membership_consent where membership_id = ${of(numberOf(7))}`],
    ['a record removed', 8, 'rows', `delete from membership_record where membership_id = ${of(numberOf(8))}`],
    [
      'what the partner told',
      9,
      'record',
      `update copy set record = jsonb_set(record, '{type}', '"AEOS"') where membership_id = ${of(numberOf(9))}`,
    ],
    [
      'what the partner told, with its hash',
      10,
      'record',
      `update copy set record = jsonb_set(record, '{names}', '[]'), hash = 'x' where membership_id = ${of(numberOf(10))}`,
    ],
    [
      'the hash of what the partner told',
      11,
      'record',
      `update copy set hash = 'x' where membership_id = ${of(numberOf(11))}`,
    ],
    ['the fingerprint', 12, 'rows', `update copy set fingerprint = null where membership_id = ${of(numberOf(12))}`],
    [
      'its place in the stream',
      13,
      'nothing',
      `update copy set seq = 1000000 where membership_id = ${of(numberOf(13))}`,
    ],
    ['a copy removed', 14, 'missing', `delete from copy where membership_id = ${of(numberOf(14))}`],
    [
      'a copy that counts as ended',
      15,
      'missing',
      `update copy set record = null, hash = null, communicated = null where membership_id = ${of(numberOf(15))}`,
    ],
  ])('%s is found, repaired and reported, and nothing else', async (_, place, difference, tamper) => {
    const { jp } = pair;
    const number = numberOf(place);
    const reports = (await reportsOf(jp)).length;
    await jp.database.asOwner(tamper);
    const versions = await one<{ versions: number }>(jp, 'select count(*)::int as versions from membership_record');
    const members = difference === 'nothing' ? [] : [{ programme: 'eu-aeo', number, difference }];
    expect(await pair.compare()).toMatchObject({
      outcome: 'repaired',
      buckets: [bucketOfMember(number)],
      members,
      ended: 0,
      refused: 0,
    });
    expect((await jp.database.asOwner(HELD)).rows).toEqual(held);
    const now = await one<{ versions: number }>(jp, 'select count(*)::int as versions from membership_record');
    expect(now.versions - versions.versions).toBe(members.length);
    expect((await reportsOf(jp)).slice(reports)).toMatchObject(
      members.length === 0
        ? []
        : [{ kind: 'digest_repaired', detail: { buckets: [bucketOfMember(number)], written: 1, members } }],
    );
    // Once is enough.
    expect(await pair.compare()).toEqual({ outcome: 'equal' });
    expect((await reportsOf(jp)).length).toBe(reports + members.length);
  });

  test('after which events of the member are applied as ever', async () => {
    await pair.members.event(numberOf(13), { type: 'suspended', effectiveFrom: new Date().toISOString() });
    await pair.flow();
    expect(await pair.ask(numberOf(13))).toMatchObject({ reason: 'NOT_ACTIVE' });
    await pair.members.event(numberOf(13), { type: 'reinstated', effectiveFrom: new Date().toISOString() });
    await pair.flow();
    held = (await pair.jp.database.asOwner(HELD)).rows;
  });

  test('a copy that nobody told of is ended, with a copy row or without', async () => {
    const { jp, ask } = pair;
    for (const [number, hasCopy] of [
      ['DEAEOF99999901', true],
      ['DEAEOF99999902', false],
    ] as const) {
      const model = of(numberOf(0));
      await jp.database.asOwner(`
        insert into membership (administration, programme, number, number_normalised, source) values ('EU', 'eu-aeo', '${number}', '${number}', 'EU')`);
      for (const [table, columns] of [
        [
          'membership_record',
          'version, type, issuing_country, issuing_office, validated_on, names, addresses, identifiers, roles, consent, valid, known, recorded_by',
        ],
        ['membership_status', 'type, component, status, valid, known'],
        ['membership_consent', 'scope, partners, except_for, valid, known'],
      ]) {
        await jp.database.asOwner(
          `insert into ${table} (membership_id, ${columns}) select ${of(number)}, ${columns} from ${table} where membership_id = ${model}`,
        );
      }
      await jp.database.asOwner(`
        insert into membership_identifier (membership_id, origin, value, normalised, valid, known)
        values (${of(number)}, 'number', '${number}', '${number}', '(,)', '[2026-01-01,)')`);
      if (hasCopy) {
        await jp.database.asOwner(`
          insert into copy (membership_id, partner, agreement, seq, record, hash, communicated, fingerprint, received_at)
          select ${of(number)}, partner, agreement, seq, jsonb_set(record, '{number}', '"${number}"'), hash, communicated,
                 (select f.fingerprint from copy_fingerprints(array[${of(number)}]) f), received_at from copy where membership_id = ${model}`);
      }
      expect(await ask(number)).toMatchObject({ outcome: 'recognised' });
      const members = [{ programme: 'eu-aeo', number, difference: 'extra' }];
      expect(await pair.compare()).toMatchObject({
        outcome: 'repaired',
        buckets: [bucketOfMember(number)],
        members,
        written: 0,
        ended: 1,
      });
      expect(await ask(number)).toMatchObject({ reason: 'UNKNOWN_TRADER' });
      expect((await jp.database.asOwner(HELD)).rows).toEqual(held);
      expect(await pair.compare()).toEqual({ outcome: 'equal' });
    }
  });

  test('a consent that had ended, opened again, is ended again', async () => {
    const { jp, ask } = pair;
    const number = numberOf(24);
    expect(await ask(number)).toMatchObject({ reason: 'UNKNOWN_TRADER' });
    await jp.database.asOwner(
      `delete from membership_consent where membership_id = ${of(number)} and upper_inf(valid) and upper_inf(known)`,
    );
    await jp.database.asOwner(
      `update membership_consent set valid = tstzrange(lower(valid), null) where membership_id = ${of(number)} and partners <> '{}' and upper_inf(known)`,
    );
    expect(await ask(number)).toMatchObject({ outcome: 'recognised' });
    expect(await pair.compare()).toMatchObject({
      outcome: 'repaired',
      ended: 1,
      members: [{ number, difference: 'extra' }],
    });
    expect(await ask(number)).toMatchObject({ reason: 'UNKNOWN_TRADER' });
    expect(await pair.compare()).toEqual({ outcome: 'equal' });
  });

  test('several at once, in one fetch of their buckets alone', async () => {
    const { jp } = pair;
    const places = [16, 17, 18];
    for (const place of places)
      await jp.database.asOwner(
        `update membership_record set names = '[]' where membership_id = ${of(numberOf(place))}`,
      );
    const buckets = [...new Set(places.map((place) => bucketOfMember(numberOf(place))))].toSorted((a, b) => a - b);
    expect(await pair.compare()).toMatchObject({ outcome: 'repaired', buckets, written: 3, differences: { rows: 3 } });
    expect((await jp.database.asOwner(HELD)).rows).toEqual(held);
  });

  test('what differs and cannot be fetched is reported as refused', async () => {
    const { eu, jp } = pair;
    await jp.database.asOwner(`update membership_record set names = '[]' where membership_id = ${of(numberOf(19))}`);
    eu.intercept = (request, response) => {
      if (!/\/files\//.test(request.url ?? '')) return false;
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end('');
      return true;
    };
    expect(await pair.compare()).toMatchObject({ outcome: 'refused', buckets: [bucketOfMember(numberOf(19))] });
    eu.intercept = null;
    expect(await pair.compare()).toMatchObject({ outcome: 'repaired', written: 1 });
  });
});
