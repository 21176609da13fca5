import { readdirSync } from 'node:fs';
import { LocalSuspensionBody, MembershipEvent, MembershipRecord } from '@mra/contracts';
import { overallStatus, type StatusPeriod, statusesAt } from '@mra/recognition';
import { stdnum } from 'stdnum';
import { describe, expect, test } from 'vitest';
import {
  administrations,
  type DemoMember,
  demoProgrammes,
  factsOf,
  key,
  lived,
  members,
  normalise,
  presented,
  programmeOf,
  read,
  schemes,
  suspensions,
  text,
} from '../support/demo-members.ts';
import { referenceNetwork } from '../support/reference-network.ts';

const AT = '2026-11-22T09:00:00.000Z';
const ENDS = ['revoked', 'annulled', 'withdrawn', 'expired'];
const facts = members.map(factsOf);
const statusOf = (membership: (typeof facts)[number]): string => overallStatus(statusesAt(membership, AT)).status;

/** ISO 7064 mod 97-10: letters are 10 to 35, the whole number leaves 1. */
const isLei = (value: string): boolean =>
  BigInt([...value].map((character) => Number.parseInt(character, 36)).join('')) % 97n === 1n;

/** Unified business number: the digits of the products add up to a multiple of 5, of 10 before 2023-04-01 (domain.md D.7). */
function isUbn(value: string, { validFrom }: { readonly validFrom: string }): boolean {
  const products = [1, 2, 1, 2, 1, 2, 4, 1].map((weight, index) => weight * Number(value[index]));
  const sum = [...products.join('')].reduce((total, digit) => total + Number(digit), 0);
  const divisor = validFrom < '2023-04-01' ? 10 : 5;
  return sum % divisor === 0 || (value[6] === '7' && (sum + 1) % divisor === 0);
}

/** Schemes by what `stdnum` calls them; it is lenient or wrong for none of these (domain.md D.7). */
const STDNUM: Readonly<Record<string, readonly [country: string, validator: string]>> = {
  abn: ['AU', 'abn'],
  'br-cnpj': ['BR', 'cnpj'],
  'ca-bn': ['CA', 'bn'],
  'ch-uid': ['CH', 'uid'],
  'cl-rut': ['CL', 'rut'],
  'cn-uscc': ['CN', 'uscc'],
  'co-nit': ['CO', 'nit'],
  'do-rnc': ['DO', 'rnc'],
  'id-npwp': ['ID', 'npwp'],
  'il-hp': ['IL', 'hp'],
  'in-gstin': ['IN', 'gstin'],
  'in-pan': ['IN', 'pan'],
  'jp-corporate': ['JP', 'cn'],
  'kr-brn': ['KR', 'brn'],
  'mx-rfc': ['MX', 'rfc'],
  'no-orgnr': ['NO', 'orgnr'],
  'nz-ird': ['NZ', 'ird'],
  'pe-ruc': ['PE', 'ruc'],
  'sg-uen': ['SG', 'uen'],
  'tr-vkn': ['TR', 'vkn'],
  'uy-rut': ['UY', 'rut'],
};

function hasTrueCheckDigit(scheme: string, value: string, record: DemoMember['record']): boolean {
  if (scheme === 'lei') return isLei(value);
  if (scheme === 'tw-ubn') return isUbn(value, record);
  const [country = '', validator = ''] = STDNUM[scheme] ?? [];
  return stdnum[country]?.[validator]?.validate(value).isValid ?? false;
}

describe('demonstration members', () => {
  test('fill one file a programme, one member a line', () => {
    for (const file of readdirSync(new URL('../../db/seeds/demo/', import.meta.url)).filter((name) =>
      name.endsWith('.json'),
    )) {
      const lines = read<unknown[]>(`demo/${file}`).map((row) => `  ${JSON.stringify(row)}`);
      expect(text(`demo/${file}`), file).toBe(`[\n${lines.join(',\n')}\n]\n`);
    }
    for (const id of demoProgrammes)
      expect(new Set(read<DemoMember[]>(`demo/${id}.json`).map(({ programme }) => programme))).toEqual(new Set([id]));
    expect(members.length).toBeGreaterThanOrEqual(240);
    expect(demoProgrammes.length).toBeGreaterThanOrEqual(20);
    expect(new Set(members.map(key)).size).toBe(members.length);
    expect(text('demo/README.md')).toContain(
      `${members.length} invented members of ${demoProgrammes.length} programmes`,
    );
  });

  test.each(demoProgrammes)(
    'of %s are what the API accepts, marked as invented, and within the terms of the programme',
    (id) => {
      for (const member of members.filter(({ programme }) => programme === id)) {
        const { record, events, number } = member;
        const { types, roles, launchYear, review, numberPatterns, administration, consent } = programmeOf(member);
        const about = `${id} ${number}`;
        expect(MembershipRecord.safeParse(record).error, about).toBeUndefined();
        for (const event of events) expect(MembershipEvent.safeParse(event).error, about).toBeUndefined();
        for (const { name } of record.names) expect(name, about).toMatch(/\S \(demo\)$/);
        if (numberPatterns.length > 0) {
          const matching = numberPatterns.filter(({ regex }) => new RegExp(regex).test(normalise(number)));
          expect(matching.length, `${about}: form of the number`).toBeGreaterThan(0);
        }
        const typeCodes = types.map(({ code }) => code);
        const held = [record.type, ...events.flatMap(({ newType }) => newType ?? [])];
        expect(typeCodes, about).toEqual(expect.arrayContaining(held));
        const [, letters, digit] = /^[A-Z]{2}(AEO[CSF])|TYPE ([123])$/.exec(number) ?? [];
        expect(record.type, about).toBe(letters ?? (digit ? `TYPE${digit}` : record.type));
        expect(record.roles?.length, about).toBeGreaterThan(0);
        if (roles.length > 0) expect(roles, about).toEqual(expect.arrayContaining(record.roles ?? []));
        expect(record.validFrom >= String(launchYear ?? ''), `${about}: before the programme began`).toBe(true);
        if (review.expires !== null) expect(record.validTo != null, `${about}: expiry`).toBe(review.expires);
        expect(record.validatedOn == null || record.validatedOn <= record.validFrom, `${about}: validation`).toBe(true);
        const union = administrations.get(administration)?.members.find(({ code }) => code === record.issuingCountry);
        expect(record.issuingCountry, about).toBe(union ? number.slice(0, 2) : administration);
        if (union) expect(record.validFrom >= union.from && record.validFrom < (union.to ?? '9999'), about).toBe(true);
        expect(record.consent !== null, `${about}: consent`).toBe(
          consent === 'all_partners' || consent === 'per_partner',
        );
        const partners = [record.consent?.partners, ...events.map((event) => event.partners)].flatMap(
          (codes) => codes ?? [],
        );
        for (const partner of partners) expect(administrations.has(partner), `${about}: ${partner}`).toBe(true);
        if (consent !== 'per_partner') expect(partners, about).toEqual([]);
      }
    },
  );

  test('have events that the life cycle allows, in the order in which they take effect', () => {
    for (const member of members) {
      const { events, number, record } = member;
      const moments = [record.validFrom, ...events.map(({ effectiveFrom = '' }) => effectiveFrom)];
      expect(moments, number).toEqual(moments.toSorted());
      if (record.validTo) expect((moments.at(-1) ?? '') < record.validTo, `${number}: after its end`).toBe(true);
      for (const [index] of events.entries())
        expect(lived(member, index + 1), `${number}, event ${index}`).toMatchObject({ ok: true });
      const ended = events.findIndex(({ type, component }) => ENDS.includes(type) && component === null);
      expect(ended === -1 || ended === events.length - 1, `${number}: events after its end`).toBe(true);
    }
  });

  test('have identifiers of the form of their scheme, with a true check digit', () => {
    for (const { number, record } of members) {
      for (const { scheme, value } of record.identifiers ?? []) {
        const row = schemes.find((candidate) => candidate.scheme === scheme);
        expect(normalise(value), `${number} ${scheme}`).toMatch(new RegExp(row?.regex ?? '^(?!)'));
        const isChecked = row?.checkDigit != null && !row.checkDigit.startsWith('none');
        if (isChecked) expect(hasTrueCheckDigit(scheme, value, record), `${number} ${scheme} ${value}`).toBe(true);
      }
    }
  });

  test('share no identifier, but for a number carried over, a member of two programmes and one code in Japan', () => {
    const owners = new Map<string, Set<string>>();
    for (const [index, member] of members.entries()) {
      const given = (facts[index]?.identifiers ?? []).filter(({ origin }) => origin !== 'presented');
      const codes = presented(member).map(({ recogniser, normalised }) => `${recogniser}: ${normalised}`);
      for (const value of [...given.map(({ normalised }) => normalised), ...codes])
        owners.set(value, (owners.get(value) ?? new Set()).add(key(member)));
    }
    const shared = [...owners].filter(([, keys]) => keys.size > 1).map(([value]) => value);
    expect(shared.filter((value) => !/^GB(AEO|\d)/.test(value))).toEqual([
      ...['DEMO00EXAMPLE0009082', '990000903'],
      'JP: A9001219MY00',
    ]);
  });

  test('show every status, lack of consent, and events to come, in many programmes', () => {
    const status = Object.fromEntries([...Map.groupBy(facts, statusOf)].map(([name, group]) => [name, group.length]));
    expect(status.active).toBeGreaterThanOrEqual(200);
    expect(status.suspended).toBeGreaterThanOrEqual(30);
    expect(status.revoked).toBeGreaterThanOrEqual(20);
    expect(status.withdrawn).toBeGreaterThanOrEqual(15);
    expect(status.expired).toBeGreaterThanOrEqual(7);
    expect(status.annulled).toBeGreaterThanOrEqual(4);
    expect(status.not_started).toBeGreaterThanOrEqual(1);
    const isPartly = (periods: readonly StatusPeriod[]) => new Set(periods.map((period) => period.status)).size > 1;
    expect(facts.filter((membership) => isPartly(statusesAt(membership, AT))).length).toBeGreaterThanOrEqual(10);
    const having = (type: string, from = '') =>
      members.filter(({ events }) => events.some((event) => event.type === type && (event.effectiveFrom ?? '') > from));
    expect(having('reinstated').length).toBeGreaterThanOrEqual(12);
    expect(having('type_changed').length).toBeGreaterThanOrEqual(10);
    expect(members.filter(({ record }) => record.consent?.given === false).length).toBeGreaterThanOrEqual(4);
    expect(having('consent_withdrawn').length).toBeGreaterThanOrEqual(4);
    expect(having('suspended', '2027').length).toBeGreaterThanOrEqual(3);
    expect(having('expired', '2027').length).toBeGreaterThanOrEqual(2);
    const troubled = facts.filter((membership) => statusOf(membership) !== 'active');
    expect(new Set(troubled.map(({ programme }) => programme)).size).toBeGreaterThanOrEqual(20);
  });

  test('are locally suspended only by administrations that recognise them', () => {
    const known = new Set(members.map(key));
    expect(suspensions.length).toBeGreaterThanOrEqual(8);
    for (const { recogniser, programme, number, ...body } of suspensions) {
      expect(LocalSuspensionBody.safeParse(body).error, number).toBeUndefined();
      expect(known.has(key({ programme, number })), number).toBe(true);
      const isRule = referenceNetwork.rules.has(`${programme}>${recogniser}`);
      expect(isRule, `${programme}>${recogniser}`).toBe(true);
    }
  });
});
