import { PRINTABLE_ASCII } from './normalise.ts';

// Letters that Unicode does not decompose, as they are commonly written without their stroke or ligature.
const LETTERS: Readonly<Record<string, string>> = {
  Æ: 'AE',
  Œ: 'OE',
  Ø: 'O',
  Ł: 'L',
  Đ: 'D',
  Ð: 'D',
  Þ: 'TH',
  Ħ: 'H',
  Ŋ: 'N',
  Ŧ: 'T',
  Ə: 'A',
  ẞ: 'SS',
};

/**
 * Upper case without diacritics: `Łódź` is `LODZ`, `Straße` is `STRASSE`. NFKC first, so that full-width letters become plain ones.
 * Only the general combining marks go (U+0300 to U+036F): the marks of Japanese or Indian scripts tell letters apart and stay.
 */
export function withoutDiacritics(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text.toUpperCase();
  return text
    .normalize('NFKC')
    .toUpperCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[ÆŒØŁĐÐÞĦŊŦƏẞ]/g, (letter) => LETTERS[letter] ?? letter);
}

/** The apostrophes and accents used as such, which join what stands on both sides: `L’Orient`. */
export const APOSTROPHES = /['’‘ʼʻ`´＇]/g;

/** Joins initials that stand together into one word: A, B, C, COMPANY are ABC, COMPANY. Only Latin letters are initials. */
export function joinInitials(words: readonly string[]): string[] {
  const joined: { word: string; initials: boolean }[] = [];
  for (const word of words) {
    const initials = /^[A-Z]$/.test(word);
    const last = joined.at(-1);
    if (initials && last?.initials) last.word += word;
    else joined.push({ word, initials });
  }
  return joined.map(({ word }) => word);
}
