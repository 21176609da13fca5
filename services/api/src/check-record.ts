import type { Warning, WellFormed, MembershipRecord as WireRecord } from '@mra/contracts';
import { checkDigit } from '@mra/identifiers';
import {
  isPlausibleIdentifier,
  matchingSchemes,
  type Network,
  normaliseIdentifier,
  type ProgrammeTerms,
} from '@mra/recognition';

export interface Findings {
  /** What makes the record unusable. */
  readonly errors: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
  /** What is odd and yet accepted: formats and check digits of identifiers in use are not always as published (domain.md D.7). */
  readonly warnings: readonly Warning[];
}

/**
 * What a record says that its programme or its identifiers' schemes do not bear out. Its form is for its schema to check: of a record
 * that does not fit it, the parts that do are judged.
 * @param number authorisation number, as written; undefined where it is none
 * @param on day by whose rules check digits are checked
 */
export function checkRecord(
  network: Network,
  programme: ProgrammeTerms,
  number: string | undefined,
  record: WellFormed<WireRecord>,
  on: string,
): Findings {
  const errors: Findings['errors'][number][] = [];
  const warnings: Warning[] = [];
  const normalised = number === undefined ? undefined : normaliseIdentifier(number);
  if (normalised === undefined) {
    // Its schema tells.
  } else if (!isPlausibleIdentifier(normalised)) {
    errors.push({ pointer: '/number', code: 'NUMBER_INVALID', detail: 'is not an authorisation number' });
  } else if (programme.numberPatterns.length > 0 && !fitsOne(programme, normalised)) {
    const detail = `is not in the form of ${programme.numberPatterns.map(({ example }) => example).join(' or ')}`;
    warnings.push({ pointer: '/number', code: 'NUMBER_FORM', detail });
  }
  if (record.type !== undefined && !programme.types.some(({ code }) => code === record.type)) {
    const detail = `is not a type of ${programme.id}: ${programme.types.map(({ code }) => code).join(', ')}`;
    errors.push({ pointer: '/type', code: 'TYPE_UNKNOWN', detail });
  }
  const members = network.unionMembers.filter(({ union }) => union === programme.administration);
  if (members.length > 0 && normalised !== undefined) {
    const prefix = normalised.slice(0, 2);
    if (!members.some(({ member }) => member === prefix)) {
      warnings.push({
        pointer: '/number',
        code: 'ISSUING_COUNTRY',
        detail: `${prefix} is no member of ${programme.administration}`,
      });
    }
    if (record.issuingCountry != null && record.issuingCountry !== prefix) {
      const detail = `is not the country of the number, ${prefix}`;
      errors.push({ pointer: '/issuingCountry', code: 'ISSUING_COUNTRY', detail });
    }
  }
  for (const [index, { scheme: id, value } = {}] of (record.identifiers ?? []).entries()) {
    const pointer = `/identifiers/${index}`;
    const text = value === undefined ? undefined : normaliseIdentifier(value);
    const scheme = id === undefined ? undefined : network.schemes.get(id);
    if (id !== undefined && scheme === undefined) {
      errors.push({ pointer: `${pointer}/scheme`, code: 'SCHEME_UNKNOWN', detail: 'is not a known identifier scheme' });
    }
    if (text === undefined) continue;
    if (!isPlausibleIdentifier(text)) {
      errors.push({ pointer: `${pointer}/value`, code: 'IDENTIFIER_INVALID', detail: 'is not an identifier' });
    } else if (id === undefined || scheme === undefined) {
      // There is no form to hold it to.
    } else if (matchingSchemes(text, [scheme]).length === 0) {
      warnings.push({ pointer: `${pointer}/value`, code: 'IDENTIFIER_FORM', detail: `is not in the form of ${id}` });
    } else if (checkDigit(id, text, on) === 'invalid') {
      warnings.push({ pointer: `${pointer}/value`, code: 'CHECK_DIGIT', detail: `has a wrong check digit for ${id}` });
    }
  }
  return { errors, warnings };
}

function fitsOne(programme: ProgrammeTerms, normalised: string): boolean {
  const patterns = programme.numberPatterns.map(({ scheme, regex }) => ({
    scheme,
    regex,
    administration: null,
    name: scheme,
    kind: '',
    checkDigit: null,
  }));
  return matchingSchemes(normalised, patterns).length > 0;
}
