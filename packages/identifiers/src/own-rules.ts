import type { Day } from '@mra/recognition';

// Rules that stdnum lacks, applies in an older version, answers by the clock of the machine (domain.md D.7) or takes long over.

const LETTERS_IN_CNPJ_FROM: Day = '2026-07-01';
const UBN_BY_FIVE_FROM: Day = '2023-04-01';
const SIXTEEN_DIGIT_NPWP_FROM: Day = '2024-01-01';

/** LEI, ISO 7064 mod 97-10: letters are 10 to 35, the whole number modulo 97 is 1. stdnum has none. */
export function isLei(value: string): boolean {
  if (!/^[A-Z0-9]{18}\d{2}$/.test(value)) return false;
  const digits = [...value].map((character) => Number.parseInt(character, 36)).join('');
  return [...digits].reduce((remainder, digit) => (remainder * 10 + Number(digit)) % 97, 0) === 1;
}

/**
 * CNPJ of Brazil, with letters since 2026-07-01: a character counts as its code less that of 0. The rule is that of stdnum, which takes
 * 2 µs for it, a tenth of the time of an answer: every European authorisation number of 14 characters has the form of a CNPJ.
 */
export function isCnpj(value: string, on: Day): boolean {
  if (!/^[0-9A-Z]{12}[0-9]{2}$/.test(value)) return false;
  if (on < LETTERS_IN_CNPJ_FROM && /[A-Z]/.test(value)) return false;
  return cnpjDigit(value, 12) === Number(value[12]) && cnpjDigit(value, 13) === Number(value[13]);
}

/** The digit that the characters before it demand: their weights are 2 to 9 from the right, and again. */
function cnpjDigit(value: string, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index += 1) {
    sum += (value.charCodeAt(index) - 48) * (((length - 1 - index) % 8) + 2);
  }
  const digit = 11 - (sum % 11);
  return digit > 9 ? 0 : digit;
}

/**
 * UBN of Taiwan: the digits of the weighted digits add up to a multiple of 5 since 2023-04-01, of 10 before; one more is allowed where
 * the seventh digit is 7. stdnum 1.12 knows the older rule only.
 */
export function isUbn(value: string, on: Day): boolean {
  if (!/^\d{8}$/.test(value)) return false;
  const products = weighted(value, [1, 2, 1, 2, 1, 2, 4, 1]);
  const sum = products.reduce((total, product) => total + Math.floor(product / 10) + (product % 10), 0);
  const divisor = on >= UBN_BY_FIVE_FROM ? 5 : 10;
  return sum % divisor === 0 || (value[6] === '7' && (sum + 1) % divisor === 0);
}

const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** Unified social credit code of China. stdnum 1.12 refuses every code whose check character is 0. */
export function isUscc(value: string): boolean {
  if (!/^\d{8}[0-9A-HJ-NPQRTUWXY]{10}$/.test(value)) return false;
  const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
  return value[17] === USCC_ALPHABET[(31 - (total(weighted(value, weights, USCC_ALPHABET)) % 31)) % 31];
}

const UEN_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWX0123456789';

/** UEN of Singapore; a year after that of `on` is invalid. stdnum reads the clock for it, and only for numbers that begin with T. */
export function isUen(value: string, on: Day): boolean {
  const year = Number(on.slice(0, 4));
  const check = value.at(-1);
  if (/^\d{8}[A-Z]$/.test(value))
    return check === 'XMKECAWLJDB'[total(weighted(value, [10, 4, 9, 3, 8, 2, 7, 1])) % 11];
  if (/^\d{9}[A-Z]$/.test(value)) {
    if (Number(value.slice(0, 4)) > year) return false;
    return check === 'ZKCMDNERGWH'[total(weighted(value, [10, 8, 6, 4, 9, 7, 5, 3, 1])) % 11];
  }
  if (!/^[RST]\d{2}[A-Z]{2}\d{4}[A-Z]$/.test(value)) return false;
  if (value.startsWith('T') && 2000 + Number(value.slice(1, 3)) > year) return false;
  const sum = total(weighted(value, [4, 3, 5, 3, 10, 2, 2, 5, 7], UEN_ALPHABET));
  return check === UEN_ALPHABET[(sum + 6) % 11]; // sum - 5, never negative
}

/** RUT of Uruguay. stdnum 1.12 refuses the numbers that begin with 22. */
export function isUruguayanRut(value: string): boolean {
  if (!/^(0[1-9]|1\d|2[0-2])\d{6}001\d$/.test(value)) return false;
  const sum = total(weighted(value, [4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
  return value.at(-1) === String((11 - (sum % 11)) % 11);
}

/**
 * NPWP of Indonesia: 15 digits, since 2024 also 16. Of 16, those that begin with 0 are the old number behind a 0; the others are
 * personal numbers (NIK), which have no check digit. stdnum 1.12 knows 15 digits only.
 */
export function checkNpwp(value: string, on: Day): boolean | null {
  if (/^\d{15}$/.test(value)) return passesLuhn(value.slice(0, 9));
  if (!/^\d{16}$/.test(value) || on < SIXTEEN_DIGIT_NPWP_FROM) return false;
  return value.startsWith('0') ? passesLuhn(value.slice(0, 10)) : null;
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** The products of the first characters with the weights; a character counts as its place in the alphabet. */
function weighted(value: string, weights: readonly number[], alphabet = '0123456789'): number[] {
  return weights.map((weight, index) => weight * alphabet.indexOf(value.charAt(index)));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
