import type { Day } from '@mra/recognition';
import { stdnum } from 'stdnum';
import { checkNpwp, isCnpj, isLei, isUbn, isUen, isUruguayanRut, isUscc } from './own-rules.ts';

export type CheckDigit = 'valid' | 'invalid' | 'not_checked';

/** null: this number has no check digit. */
type Rule = (value: string, on: Day) => boolean | null;

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['abn', library('AU', 'abn')],
  ['ar-cuit', library('AR', 'cuit')],
  ['br-cnpj', isCnpj],
  ['ca-bn', library('CA', 'bn')],
  ['ch-uid', library('CH', 'uid')],
  ['cl-rut', library('CL', 'rut')],
  ['cn-uscc', isUscc],
  ['co-nit', library('CO', 'nit')],
  ['cr-cpj', library('CR', 'cpj')],
  ['do-rnc', library('DO', 'rnc')],
  ['id-npwp', checkNpwp],
  ['il-hp', library('IL', 'hp')],
  ['in-gstin', library('IN', 'gstin')],
  ['in-pan', library('IN', 'pan')],
  ['jp-corporate', library('JP', 'cn')],
  ['kr-brn', library('KR', 'brn')],
  ['lei', isLei],
  ['no-orgnr', library('NO', 'orgnr')],
  ['nz-ird', library('NZ', 'ird')],
  ['pe-ruc', library('PE', 'ruc')],
  ['sg-uen', isUen],
  ['tr-vkn', library('TR', 'vkn')],
  ['tw-ubn', isUbn],
  ['uy-rut', isUruguayanRut],
]);

// kr-brn: the formula is known from practice only. do-rnc: numbers with a wrong digit are in official use (python-stdnum lists them).
const LENIENT: ReadonlySet<string> = new Set(['kr-brn', 'do-rnc']);

/**
 * Checks the check digit of a national number (domain.md D.7) by the rule that holds on a day: Taiwan changed its rule on 2023-04-01,
 * Indonesia added 16 digits in 2024, Brazil letters on 2026-07-01. For in-pan and cr-cpj, which have none, holder type and class.
 * @param scheme id of identifier-schemes.json. @param normalised as `normaliseIdentifier` gives it. @param on the day of the rule.
 * @returns `not_checked` for a scheme without a rule, and for mx-rfc always: 1.5 % of the numbers in use have a wrong digit. Official
 * samples can be `invalid` too (the ABN in a Chinese announcement is): what to do about it is for {@link enforced} to say.
 */
export function checkDigit(scheme: string, normalised: string, on: Day): CheckDigit {
  const rule = RULES.get(scheme);
  if (rule === undefined) return 'not_checked';
  if (/^[A-Z]*0+$/.test(normalised)) return 'invalid'; // Zeros alone satisfy most sums.
  const passed = rule(normalised, on);
  return passed === null ? 'not_checked' : passed ? 'valid' : 'invalid';
}

/**
 * Whether an operator's own entry should be refused for an invalid check digit. Data of a partner is never refused for it, only marked
 * (policy in domain.md D.7). False where the rule is not certain enough.
 */
export function enforced(scheme: string): boolean {
  return RULES.has(scheme) && !LENIENT.has(scheme);
}

/** A rule of stdnum; the number must be in its compact form already, for stdnum ignores punctuation and country prefixes. */
function library(country: string, name: string): Rule {
  const validator = stdnum[country]?.[name];
  if (validator === undefined) throw new Error(`stdnum has no ${country}.${name}`);
  return (value) => {
    const result = withoutStack(() => validator.validate(value));
    return result.isValid && result.compact === value;
  };
}

/** stdnum makes an Error of every number that is not valid; the trace of the stack in it would take most of the time. */
function withoutStack<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
