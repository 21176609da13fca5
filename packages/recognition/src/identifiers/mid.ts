import { APOSTROPHES, joinInitials, withoutDiacritics } from './latin.ts';
import { midCountry } from './mid-country.ts';

/** Name and place of a manufacturer. `country` is the actual country of origin of the goods, `province` needed for Canada only. */
export interface Manufacturer {
  readonly name: string;
  readonly street: string;
  readonly city: string;
  readonly country: string;
  readonly province?: string;
}

const MID = /^[A-Z]{2}[A-Z0-9]{3,13}$/; // domain.md D.3, R8: at most 15 characters

// The article "a" needs no entry: a single letter that stands alone is left out anyhow.
const IGNORED_WORDS: ReadonlySet<string> = new Set(['AN', 'AND', 'OF', 'THE']);

// Words that begin most names of a country and tell nobody apart (19 CFR 102, appendix, 3(a) and (b)).
const IGNORED_BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  ID: ['PT'],
  MO: ['FABRICA DE ARTIGOS DE VESTUARIO'],
  RU: ['JSC', 'OAO', 'OOO', 'ZAO'],
};

// City-states take their own name, whatever the district in the address (19 CFR 102, appendix, 5).
const CITY_STATES: Readonly<Record<string, string>> = { HK: 'HON', MO: 'MAC', SG: 'SIN' };

/**
 * Builds the US Manufacturer Identification Code from name and address (19 CFR 102, appendix; domain.md D.6).
 * The code is neither unique nor stable, and others may have built another one for the same site: a hint, never proof.
 * @returns null when it cannot be built: country not of two letters, Canada without a known province, a name or city in another script
 * than Latin or without a usable letter.
 */
export function constructMid({ name, street, city, country, province }: Manufacturer): string | null {
  const parts = [midCountry(country, province), midName(name, country), midStreet(street), midCity(city, country)];
  const code = parts.includes(null) ? '' : parts.join('');
  return MID.test(code) ? code : null;
}

/**
 * The first three characters of each of the first two words of a name. Left out: a, an, and, of, the; a single initial between words;
 * all punctuation. Initials together are one word (`A.B.C.`, `A B C`), and so is what a hyphen joins.
 * @param country leaves out words that many names of that country begin with, such as `PT` in Indonesia.
 * @returns null for a name in another script than Latin, or of which nothing is left.
 */
export function midName(name: string, country = ''): string | null {
  const latin = latinOnly(name);
  if (latin === null) return null;
  const words = joinInitials((latin.match(/[A-Z0-9]+/g) ?? []).filter((word) => !IGNORED_WORDS.has(word)));
  const telling = withoutBeginning(words, IGNORED_BEGINNINGS[country.trim().toUpperCase()] ?? []);
  const taken = telling.filter((word) => !/^[A-Z]$/.test(word)).slice(0, 2);
  return taken.length === 0 ? null : taken.map((word) => word.slice(0, 3)).join('');
}

/**
 * Up to the first four digits of the largest number of the street line; empty where there is none. White space separates numbers, other
 * punctuation does not (`12-34 56` holds 1234 and 56); an English ordinal is the name of a street (`12th`) and not used.
 * Give the street line only: the number of a postal code or city line must not count.
 */
export function midStreet(street: string): string {
  const numbers = street
    .normalize('NFKC')
    .replace(/\d+(?:st|nd|rd|th)(?![\p{L}\p{N}])/giu, ' ')
    .split(/[\s\p{L}]+/u)
    .map((piece) => piece.replace(/\D/g, ''))
    .filter((digits) => digits !== '');
  return numbers.reduce((largest, digits) => (isLarger(digits, largest) ? digits : largest), '').slice(0, 4);
}

/** The first three letters of a city, without digits, punctuation and a leading "The"; null when it is not in Latin script. */
export function midCity(city: string, country = ''): string | null {
  const cityState = CITY_STATES[country.trim().toUpperCase()];
  if (cityState !== undefined) return cityState;
  const letters = latinOnly(city)?.match(/[A-Z]+/g) ?? [];
  const telling = letters.length > 1 && letters[0] === 'THE' ? letters.slice(1) : letters;
  return telling.length === 0 ? null : telling.join('').slice(0, 3);
}

/** Plain capitals; null where a letter of another script is left, for a code made of the rest would mislead. */
function latinOnly(text: string): string | null {
  const plain = withoutDiacritics(text.replace(APOSTROPHES, '').replace(/\p{Dash}/gu, ''));
  return /[A-Z]/.test(plain) && !/[^\P{L}A-Z]/u.test(plain) ? plain : null;
}

function withoutBeginning(words: readonly string[], beginnings: readonly string[]): readonly string[] {
  const name = words.join(' ');
  const found = beginnings.find((beginning) => name.startsWith(`${beginning} `));
  return found === undefined ? words : words.slice(found.split(' ').length);
}

function isLarger(digits: string, than: string): boolean {
  const [a, b] = [digits.replace(/^0+/, ''), than.replace(/^0+/, '')];
  return than === '' || a.length > b.length || (a.length === b.length && a > b);
}
