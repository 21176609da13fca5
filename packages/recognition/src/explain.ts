import type { ConditionCode } from './closed-sets.ts';
import {
  IMPLAUSIBLE_CHARACTER,
  MAX_IDENTIFIER_LENGTH,
  normaliseIdentifier,
  PRINTABLE_ASCII,
} from './identifiers/normalise.ts';
import type { Question } from './question.ts';
import type { Closest } from './reasons.ts';

/** What an answer that is not recognised rests on: the condition that the closest rule fails, or that there is no rule. */
export type Unrecognised =
  | Closest
  | { readonly reason: 'UNKNOWN_TRADER' | 'IDENTIFIER_INVALID' | 'AMBIGUOUS_IDENTIFIER' | 'NO_CONSENT' }
  | {
      readonly reason: 'NO_AGREEMENT';
      readonly programme: string;
      readonly issuer: string;
      /** Whether the recogniser is the issuer or belongs to it. */
      readonly isOwn: boolean;
    };

/**
 * Why somebody is not recognised, in one sentence for whoever asked. Adds nothing to what the answer says elsewhere; of an unknown
 * trader it rests on the text of the question alone, so that somebody hidden reads like nobody (api.md section 2).
 * Of its own it has no character beyond Latin-1: one alone doubles the memory of a whole chunk of answers, and takes a tenth more time.
 */
export function explain(question: Question, found: Unrecognised): string {
  if ('condition' in found) return explainCondition(question, found);
  const { recogniser } = question;
  switch (found.reason) {
    case 'IDENTIFIER_INVALID':
      return explainInvalid(question);
    case 'UNKNOWN_TRADER':
      return explainUnknown(question);
    case 'NO_CONSENT':
      return withoutConsent(question);
    case 'AMBIGUOUS_IDENTIFIER':
      return 'several members of one programme have this identifier: ask with the authorisation number';
    case 'NO_AGREEMENT': {
      const { programme, issuer, isOwn } = found;
      if (recogniser === issuer) return `${issuer} issued this status itself`;
      if (isOwn) return `${recogniser} belongs to ${issuer}, which issued this status itself`;
      return `no agreement is known under which ${recogniser} recognises ${programme} of ${issuer} at that time`;
    }
  }
}

/** @param wrongIn name of the identifier scheme whose check digit the text fails; null: none, or it was not looked at */
export function explainUnknown(question: Question, wrongIn: string | null = null): string {
  const { scheme, issuer } = question;
  const granted = issuer === undefined ? '' : ` with a status granted by ${issuer}`;
  const inScheme = scheme === undefined ? '' : ` in scheme ${scheme}`;
  const digit = wrongIn === null ? '' : `; read as ${wrongIn} its check digit is wrong`;
  return `no known trader${granted} has this identifier${inScheme} at that time${lookAlike(question)}${digit}`;
}

function explainInvalid(question: Question): string {
  const normalised = normaliseIdentifier(question.identifier);
  if (normalised === '') return 'nothing is left of the identifier without spaces, dashes and invisible characters';
  const [foreign] = IMPLAUSIBLE_CHARACTER.exec(normalised) ?? [];
  if (foreign !== undefined) return `the identifier contains ${named(foreign)}, which no identifier has`;
  if ([...normalised].length > MAX_IDENTIFIER_LENGTH)
    return `the identifier has more than ${MAX_IDENTIFIER_LENGTH} characters once they are written out`;
  if (!/[\p{L}\p{Nd}]/u.test(normalised)) return 'the identifier has neither a letter nor a digit';
  return `the identifier does not have the form of scheme ${question.scheme ?? ''}${lookAlike(question)}`;
}

/** Whoever copied a Cyrillic Е for an E cannot see it. */
function lookAlike({ identifier }: Question): string {
  const normalised = normaliseIdentifier(identifier);
  if (PRINTABLE_ASCII.test(normalised)) return '';
  const [letter] = /(?=\p{L})\P{Script=Latin}/u.exec(normalised) ?? [];
  if (letter !== undefined) return `; it contains ${named(letter)}, which is not a Latin letter`;
  const [digit] = /(?=\p{Nd})[^0-9]/u.exec(normalised) ?? [];
  return digit === undefined ? '' : `; it contains ${named(digit)}, which is not one of the digits 0 to 9`;
}

/** A character and its code point: many look alike. One that is not printed is named by its code point alone. */
function named(character: string): string {
  const codePoint = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `"${character}" (${codePoint})` : codePoint;
}

const withoutConsent = ({ recogniser }: Question): string =>
  `the trader has not consented to be known to ${recogniser}`;

/** Titles that are longer or in another script are official ones: the id of the agreement is the shorter name. */
const SHORT_TITLE = /^[\p{Script=Latin}\P{L}]{1,120}$/u;

function explainCondition(question: Question, { rule, condition }: Closest): string {
  const { code, met, detail } = condition;
  if (code === 'CONSENT_GIVEN') return withoutConsent(question);
  const agreement = SHORT_TITLE.test(rule.title) ? `"${rule.title}"` : rule.agreement;
  const fact = FACTS[code](agreement, question);
  const words = met === null ? `it cannot be known whether ${fact.unknown}` : fact.notMet;
  return detail === undefined ? words : `${words} (${detail})`;
}

interface Fact {
  readonly notMet: string;
  readonly unknown: string;
}

const FACTS: Record<Exclude<ConditionCode, 'CONSENT_GIVEN'>, (agreement: string, question: Question) => Fact> = {
  AGREEMENT_IN_FORCE: (agreement) => ({
    notMet: `the agreement ${agreement} does not count at that time`,
    unknown: `the agreement ${agreement} had begun`,
  }),
  TYPE_COVERED: (agreement) => ({
    notMet: `the type of the authorisation does not count under ${agreement}`,
    unknown: `the type of the authorisation counts under ${agreement}`,
  }),
  ROLE_COVERED: (agreement, { role }) => ({
    notMet: `the role ${role} does not count under ${agreement}`,
    unknown: `the role ${role} counts under ${agreement}`,
  }),
  FLOW_COVERED: (agreement, { flow }) => ({
    notMet: `${flow} is not covered by ${agreement}`,
    unknown: `${flow} is covered by ${agreement}`,
  }),
  STATUS_ACTIVE: () => ({ notMet: 'the authorisation is not active', unknown: 'the authorisation is active' }),
  NOT_LOCALLY_SUSPENDED: (_, { recogniser }) => ({
    notMet: `${recogniser} does not give this trader the benefits`,
    unknown: `${recogniser} gives this trader the benefits`,
  }),
  DATA_FRESH: () => ({ notMet: 'the data are too old', unknown: 'the authorisation still holds' }),
};
