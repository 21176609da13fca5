import { FIRST_NUMBER, VERSIONED_MEMBERS } from './build-members.ts';
import { PLACEHOLDER, SAMPLES } from './sample-members.ts';

export interface AskedQuestion {
  readonly recogniser: string;
  readonly identifier: string;
  readonly role?: string;
  readonly knownAt?: string;
}

const RECOGNISERS = ['JP', 'US', 'CN', 'GB', 'CH', 'NO', 'CA', 'MD'];

const NUMBERS = SAMPLES.flatMap(({ number, share }) => Array.from({ length: share }, () => number));

/** Each eighth question is about nobody, each second names a role, each fourth is asked by the EORI (China: by the customs code). */
export function questionsAbout(members: number, count: number): readonly AskedQuestion[] {
  const random = generator(20_261_122);
  return Array.from({ length: count }, (_, index) => {
    const member = Math.floor(random() * members);
    const recogniser = RECOGNISERS[Math.floor(random() * RECOGNISERS.length)] ?? 'JP';
    const role = index % 2 === 0 ? { role: 'exporter' } : {};
    if (index % 8 === 7) return { recogniser, identifier: `DEAEOX${FIRST_NUMBER + member}`, ...role };
    const number = NUMBERS[member % NUMBERS.length] ?? '';
    const isChinese = number.startsWith('AEOCN');
    const known = index % 4 === 1 ? otherIdentifier(number) : number;
    const identifier = known.replace(PLACEHOLDER, String(FIRST_NUMBER + member));
    return { recogniser: isChinese ? 'EU' : recogniser, identifier, ...role };
  });
}

/** About the members with twenty versions. */
export function questionsAboutVersioned(members: number, count: number): readonly AskedQuestion[] {
  const random = generator(7);
  return Array.from({ length: count }, () => {
    const member = members + Math.floor(random() * VERSIONED_MEMBERS);
    return { recogniser: 'JP', identifier: `DEAEOFV${FIRST_NUMBER + member}`, role: 'exporter' };
  });
}

/** DEAEOF77777777 → DEF77777777, DEAEOFN77777777 → DEN77777777, AEOCN9977777777 → 9977777777 (sample-members.ts). */
function otherIdentifier(number: string): string {
  return number.startsWith('AEOCN') ? number.slice(5) : number.replace(/^DEAEO[A-Z]*([A-Z])(?=\d)/, 'DE$1');
}

/** The same numbers in every run: a linear congruence with the constants of Numerical Recipes. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
