import { describe, expect, test } from 'vitest';
import vectors from '../../../../tests/decisions/identifier-vectors.json' with { type: 'json' };
import { constructMid, midCity, midName, midStreet } from './mid.ts';
import { MID_PROVINCES, midCountry } from './mid-country.ts';

const parts = { name: (input: string) => midName(input), street: midStreet };

describe('vectors', () => {
  test.each(vectors.mid)('$name in $city is $mid', ({ name, street, city, country, province, mid }) => {
    expect(constructMid({ name, street, city, country, ...(province === undefined ? {} : { province }) })).toBe(mid);
  });

  test.each(vectors.midParts)('$part: $input gives $output', ({ part, input, output }) => {
    expect(parts[part as keyof typeof parts](input)).toBe(output);
  });

  test('Canadian provinces', () => {
    expect(MID_PROVINCES).toEqual(vectors.midCanadianProvinces);
  });
});

describe('constructMid', () => {
  const site = { name: 'Maple Works Ltd.', street: '12 King Street', city: 'Toronto', country: 'CA' };

  test.each(['ON', 'on', 'CA-ON', 'Ontario'])('a Canadian site in %s', (province) => {
    expect(constructMid({ ...site, province })).toBe('XOMAPWOR12TOR');
  });

  test('the name of a province may carry its accent', () => {
    expect(midCountry('CA', 'Québec')).toBe('XQ');
  });

  test('none for Canada without a known province', () => {
    expect(constructMid(site)).toBeNull();
    expect(constructMid({ ...site, province: 'Bavaria' })).toBeNull();
    expect(constructMid({ ...site, province: 'constructor' })).toBeNull();
  });

  test('the province of another country is not read', () => {
    expect(constructMid({ ...site, country: 'us', province: 'ON' })).toBe('USMAPWOR12TOR');
  });

  test.each([
    ['name in another script', { name: '株式会社東京' }],
    ['name partly in another script', { name: '東京商事 Co., Ltd.' }],
    ['name without letters', { name: '...' }],
    ['name of one initial', { name: 'X' }],
    ['name of ignored words', { name: 'The' }],
    ['city in another script', { city: 'Москва' }],
    ['empty city', { city: '' }],
    ['city of digits', { city: '20457' }],
    ['country of three letters', { country: 'DEU' }],
    ['empty country', { country: '' }],
  ])('none for a %s', (_, change) => {
    expect(constructMid({ ...site, country: 'DE', ...change })).toBeNull();
  });

  test('diacritics are written plain', () => {
    const polish = { name: 'Łódzka Spółka Æther', street: 'ul. Śląska ４２', city: 'Øster Łódź', country: 'PL' };
    expect(constructMid(polish)).toBe('PLLODSPO42OST');
    expect(midName('Ölßen Đorđe')).toBe('OLSDOR');
  });
});

describe('midName', () => {
  test.each([
    ['The Embassy of Spain', 'EMBSPA'],
    ['A Company', 'COM'],
    ['An Orchard and Mill', 'ORCMIL'],
    ['Rawles-Aden Corp.', 'RAWCOR'],
    ['Rawles–Aden Corp.', 'RAWCOR'],
    ['20th Century Fox', '20TCEN'],
    ['Concept 2000', 'CON200'],
    ['Thomas S. Delvaux Company', 'THODEL'],
    ['N. Minami & Co., Ltd.', 'MINCO'],
    ['B CD Company', 'CDCOM'],
    ['A & B Company', 'ABCOM'],
    ["L'Orient Textiles", 'LORTEX'],
    ['E.K. Rodgers Companies', 'EKROD'],
    ['Bocchaccio S.p.A.', 'BOCSPA'],
  ])('%s gives %s', (name, expected) => {
    expect(midName(name)).toBe(expected);
  });

  test.each([
    ['ID', 'PT. Morich Indo Fashion', 'MORIND'],
    ['ID', 'P.T. Morich Indo Fashion', 'MORIND'],
    ['ID', 'Morich PT Indo', 'MORPT'],
    ['RU', 'OOO Sever Les', 'SEVLES'],
    ['MO', 'Fabrica de Artigos de Vestuario Jump High Ltd', 'JUMHIG'],
    ['DE', 'PT Morich', 'PTMOR'],
  ])('in %s, %s gives %s', (country, name, expected) => {
    expect(midName(name, country)).toBe(expected);
  });
});

describe('midStreet', () => {
  test.each([
    ['232 Main Street, Suite 1234', '1234'],
    ['One Hundred Century Plaza', ''],
    ['Apt. 509 2727 Cleveland St.', '2727'],
    ['2-6, 8-Chome Isogami-Dori', '26'],
    ['Room#1342-49，Block C Qinghu Road', '1342'],
    ['221B Baker Street', '221'],
    ['Hafenstraße 1', '1'],
    ['42nd Street', ''],
    ['007 Bond Street', '007'],
    ['', ''],
  ])('%j gives %j', (street, expected) => {
    expect(midStreet(street)).toBe(expected);
  });
});

describe('midCity', () => {
  test.each([
    ['St. Michel', 'STM'],
    ['18-Mile High', 'MIL'],
    ['The Hague', 'HAG'],
    ['67890 Lisbon', 'LIS'],
    ['Ii', 'II'],
    ['Malmö', 'MAL'],
  ])('%s gives %s', (city, expected) => {
    expect(midCity(city)).toBe(expected);
  });

  test('a city-state takes its own name', () => {
    expect([midCity('Kowloon', 'HK'), midCity('Jurong', 'SG'), midCity('Taipa', 'MO')]).toEqual(['HON', 'SIN', 'MAC']);
  });
});
