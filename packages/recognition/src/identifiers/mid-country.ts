import { withoutDiacritics } from './latin.ts';

/** Canada is never "CA" in a MID: each province has a code of its own (19 CFR 102, appendix, 2; domain.md D.6). */
export const MID_PROVINCES: Readonly<Record<string, string>> = {
  AB: 'XA',
  BC: 'XC',
  MB: 'XM',
  NB: 'XB',
  NL: 'XW',
  NT: 'XT',
  NS: 'XN',
  NU: 'XV',
  ON: 'XO',
  PE: 'XP',
  QC: 'XQ',
  SK: 'XS',
  YT: 'XY',
};

const PROVINCE_NAMES: Readonly<Record<string, string>> = {
  ALBERTA: 'AB',
  'BRITISH COLUMBIA': 'BC',
  MANITOBA: 'MB',
  'NEW BRUNSWICK': 'NB',
  NEWFOUNDLAND: 'NL',
  'NEWFOUNDLAND AND LABRADOR': 'NL',
  'NORTHWEST TERRITORIES': 'NT',
  'NOVA SCOTIA': 'NS',
  NUNAVUT: 'NU',
  ONTARIO: 'ON',
  'PRINCE EDWARD ISLAND': 'PE',
  QUEBEC: 'QC',
  SASKATCHEWAN: 'SK',
  YUKON: 'YT',
  'YUKON TERRITORY': 'YT',
};

/**
 * The first two characters of a MID: the ISO code of the country, of Canada that of the province.
 * @param province code (`ON`, `CA-ON`) or English name; read for Canada only.
 * @returns null when the country has not two letters or the Canadian province is not known.
 */
export function midCountry(country: string, province?: string): string | null {
  const code = country.trim().toUpperCase();
  if (code !== 'CA') return /^[A-Z]{2}$/.test(code) ? code : null;
  const given = withoutDiacritics(province ?? '')
    .trim()
    .replace(/^CA-/, '');
  const known = Object.hasOwn(PROVINCE_NAMES, given) ? PROVINCE_NAMES[given] : given;
  return known !== undefined && Object.hasOwn(MID_PROVINCES, known) ? (MID_PROVINCES[known] ?? null) : null;
}
