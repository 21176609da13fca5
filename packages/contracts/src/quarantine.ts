import { z } from 'zod';
import { AdministrationCode, FieldError, ProgrammeId, pageOf, pageQuery } from './common.ts';
import { Instant } from './days.ts';
import { AuthorisationNumber } from './membership-record.ts';
import { MAX_FIELD_ERRORS } from './problems.ts';
import { COUNT_MAX, code, line, prose, whole } from './text.ts';

/**
 * Why a record of a partner was put aside, in the order of the checks.
 * - `SCHEMA_INVALID`: a field is missing, malformed or too long, or the event is of no known type
 * - `UNKNOWN_PROGRAMME`, `ACCESS_DENIED`: the programme is not known here; or is not the partner's to speak of
 * - `UNKNOWN_AGREEMENT`: not known here as one under which members of the programme are communicated
 * - `UNKNOWN_TYPE`: not in the network as it is known here, or not that of its own statuses
 * - `PERIODS_OVERLAP`: a component would have two statuses at one time
 * - `LIFE_CYCLE`: a status follows one that it cannot follow
 * - `VERSION_BEHIND`: an event tells an older version of the member than one before it did
 * - `NUMBER_OF_ANOTHER`: a member of the programme has a number that differs only in case, spaces or hyphens
 * - `IDENTIFIER_OF_ANOTHER`: a live member of the programme has the identifier at the same time
 * - `NOT_STORABLE`: the registry refused it for a reason that no check had foreseen
 */
export const QUARANTINE_CODES = [
  'SCHEMA_INVALID',
  'UNKNOWN_PROGRAMME',
  'ACCESS_DENIED',
  'UNKNOWN_AGREEMENT',
  'UNKNOWN_TYPE',
  'PERIODS_OVERLAP',
  'LIFE_CYCLE',
  'VERSION_BEHIND',
  'NUMBER_OF_ANOTHER',
  'IDENTIFIER_OF_ANOTHER',
  'NOT_STORABLE',
] as const;
export const QuarantineCode = z.enum(QUARANTINE_CODES).meta({
  id: 'QuarantineCode',
  description: 'Why a record was put aside, from a closed list.',
});
export type QuarantineCode = z.infer<typeof QuarantineCode>;

/** `superseded`: the member has had a later event, so that this one would do nothing any more. */
export const QUARANTINE_STATES = ['open', 'applied', 'discarded', 'superseded'] as const;
export const QuarantineState = z.enum(QUARANTINE_STATES).meta({
  id: 'QuarantineState',
  description: '`open`, or what became of it; `superseded`: a later event about the member was applied.',
});
export type QuarantineState = z.infer<typeof QuarantineState>;

const ID_PATTERN = /^[1-9]\d{0,14}$/;

export const QuarantineParams = z.strictObject({
  id: code(ID_PATTERN, 15, 'the id of a quarantined record').meta({ examples: ['17'] }),
});
export type QuarantineParams = z.infer<typeof QuarantineParams>;

export const QuarantineQuery = z.strictObject({
  partner: AdministrationCode.optional(),
  state: QuarantineState.optional().describe('All when left out.'),
  code: QuarantineCode.optional(),
  ...pageQuery,
});
export type QuarantineQuery = z.infer<typeof QuarantineQuery>;

const entry = {
  id: code(ID_PATTERN, 15, 'the id of a quarantined record'),
  partner: AdministrationCode,
  origin: z.enum(['event', 'snapshot']).describe('How it came.'),
  sequence: whole(0, COUNT_MAX).describe('Place in the stream; of a snapshot the last event that it contains.'),
  jti: line(128).nullable().describe('Name of the event.'),
  programme: ProgrammeId.nullable().describe('Programme of the member, where it could be read.'),
  number: AuthorisationNumber.nullable().describe('Authorisation number, where it could be read.'),
  code: QuarantineCode,
  errors: z.array(FieldError).max(MAX_FIELD_ERRORS).describe('What is wrong with it; values are not repeated.'),
  receivedAt: Instant,
  state: QuarantineState,
  decidedAt: Instant.nullable(),
  decidedBy: line(255).nullable().describe('Client that decided; `exchange`: a later event did.'),
  reason: prose(2000).nullable().describe('Why it was discarded.'),
};

export const QuarantineEntry = z.object(entry).meta({
  id: 'QuarantineEntry',
  description: 'A record of a partner that could not be applied, without its content.',
});
export type QuarantineEntry = z.infer<typeof QuarantineEntry>;

export const QuarantinePage = pageOf(QuarantineEntry, 'QuarantinePage', 'Records that were put aside, oldest first.');
export type QuarantinePage = z.infer<typeof QuarantinePage>;

export const QuarantinedRecord = z
  .object({
    ...entry,
    content: z.record(z.string().max(1000), z.unknown()).meta({
      description: 'What was received, as verified: the claims of the event with its payload.',
      maxProperties: 100,
    }),
  })
  .meta({ id: 'QuarantinedRecord', description: 'A record that was put aside, with its content.' });
export type QuarantinedRecord = z.infer<typeof QuarantinedRecord>;

export const DiscardBody = z
  .strictObject({ reason: prose(2000).min(1).describe('For the own files.') })
  .meta({ id: 'DiscardBody', description: 'Why a record is given up.', examples: [{ reason: 'Sent in error.' }] });
export type DiscardBody = z.infer<typeof DiscardBody>;
