import { AuthorisationNumber, type FieldError, fieldErrors, ImportLine, wellFormed } from '@mra/contracts';
import {
  identifierFacts,
  type Network,
  normaliseIdentifier,
  overlaps,
  type ProgrammeTerms,
  presentationsOf,
} from '@mra/recognition';
import type { MembershipRecord } from '@mra/registry';
import { checkRecord } from '../../check-record.ts';
import { instantOf, toRecord } from '../../record-mapping.ts';
import { findProgramme } from '../memberships/find-programme.ts';

/** A line that can be applied, or the first thing wrong with it. */
export type CheckedLine =
  | {
      readonly ok: true;
      readonly number: string;
      readonly normalised: string;
      readonly record: MembershipRecord;
      /** The terms by which it was checked: those in force when its record begins. */
      readonly programme: ProgrammeTerms;
    }
  | {
      readonly ok: false;
      readonly number: string | null;
      readonly pointer: string;
      readonly code: string;
      readonly detail: string;
    };

/**
 * Checks one record of a list with its schema, its programme and the known identifier schemes, as a single write is checked.
 * @param value in the shape of an `ImportLine`, of any content
 * @param on day of the import
 * @param asWritten an error in the terms of the list's format; those of NDJSON when left out
 */
export function checkLine(
  network: Network,
  programmeId: string,
  value: unknown,
  on: string,
  asWritten: (error: FieldError) => FieldError = (error) => error,
): CheckedLine {
  const parsed = ImportLine.safeParse(value);
  const number = readableNumber((value as { number?: unknown } | null)?.number);
  const { number: written, ...wire } = parsed.success ? parsed.data : wellFormed(ImportLine, value);
  const programme = findProgramme(network, programmeId, instantOf(wire.validFrom ?? on));
  const { errors } = checkRecord(network, programme, written, wire, on);
  if (!parsed.success) {
    const malformed = fieldErrors(parsed.error, { schema: ImportLine, value }).map((error) => ({
      ...error,
      code: 'VALIDATION_FAILED',
    }));
    return refusal(number, [...malformed, ...errors], asWritten);
  }
  if (errors.length > 0) return refusal(number, errors, asWritten);
  const record = toRecord(parsed.data);
  const hasPeriods = record.identifiers.some(({ validFrom, validTo }) => validFrom !== null || validTo !== null);
  if (hasPeriods) {
    const facts = identifierFacts(
      programme,
      parsed.data.number,
      record.identifiers,
      presentationsOf(network, programmeId),
    );
    const isTwice = facts.some((fact, index) => facts.slice(index + 1).some((other) => isSame(fact, other)));
    if (isTwice)
      return refusal(
        number,
        [
          {
            pointer: '/identifiers',
            code: 'IDENTIFIER_OVERLAP',
            detail: 'name one identifier twice for the same time',
          },
        ],
        asWritten,
      );
  }
  const { number: accepted } = parsed.data;
  return { ok: true, number: accepted, normalised: normaliseIdentifier(accepted), record, programme };
}

/** The number of a line that cannot be applied, as far as it is one. */
export function readableNumber(number: unknown): string | null {
  const parsed = AuthorisationNumber.safeParse(number);
  return parsed.success ? parsed.data : null;
}

/** One rejection for a line: its first error, with the others in words. */
function refusal(
  number: string | null,
  errors: readonly { pointer: string; code: string; detail: string }[],
  asWritten: (error: FieldError) => FieldError,
): CheckedLine {
  const [first, ...others] = errors.map(({ code, ...error }) => ({ code, ...asWritten(error) }));
  if (first === undefined) throw new Error('a line refused without a reason');
  const isFirst = ({ pointer, detail }: FieldError) => pointer === first.pointer && detail === first.detail;
  const more = others.flatMap((error) => (isFirst(error) ? [] : [`${error.pointer}: ${error.detail}`]));
  const detail = [first.detail, ...new Set(more)].join('; also ').slice(0, 2000);
  return { ok: false, number, pointer: first.pointer, code: first.code, detail };
}

type Fact = ReturnType<typeof identifierFacts>[number];

const isSame = (a: Fact, b: Fact): boolean =>
  a.origin === b.origin &&
  a.scheme === b.scheme &&
  a.normalised === b.normalised &&
  a.recogniser === b.recogniser &&
  overlaps(a.valid, b.valid);
