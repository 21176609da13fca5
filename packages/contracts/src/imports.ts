import { z } from 'zod';
import { FindingCode, Identifier, Pointer, ProgrammeId } from './common.ts';
import { COUNT_MAX, line, prose, queryWhole, whole } from './text.ts';

const IMPORT_MODES = ['full', 'delta'] as const;

export const ImportQuery = z.strictObject({
  programme: ProgrammeId.meta({ examples: ['eu-aeo'] }),
  mode: z.enum(IMPORT_MODES).meta({
    description: '`full`: members missing from the list are ended; `delta`: they stay as they are.',
    examples: ['delta'],
  }),
  allowRemovals: queryWhole(0, 100_000_000)
    .optional()
    .describe('How many members a full list may end when that is more than 10 % of them, or all.'),
});
export type ImportQuery = z.infer<typeof ImportQuery>;

/** Told one by one; more are only counted, so that a bad file of millions of lines does not make an answer of gigabytes. */
export const REJECTIONS_MAX = 100_000;

export const ImportRejection = z
  .object({
    line: whole(1, COUNT_MAX).describe('Line of the file, from 1; the header of a CSV file is a line.'),
    number: Identifier.nullable().describe('Authorisation number of the line, where it could be read.'),
    pointer: Pointer,
    code: FindingCode,
    detail: prose(2000),
  })
  .meta({ id: 'ImportRejection', description: 'A line that was not applied, and why.' });
export type ImportRejection = z.infer<typeof ImportRejection>;

const count = (what: string) => whole(0, COUNT_MAX).describe(what);

export const ImportResult = z
  .object({
    importId: line(64).optional(),
    programme: ProgrammeId,
    mode: z.enum(IMPORT_MODES),
    received: count('Lines with a record.'),
    created: count('New members.'),
    updated: count('Members whose record changed.'),
    unchanged: count('Members whose record was the same.'),
    ended: count('Members missing from a full list, ended.'),
    rejected: count('Lines not applied.'),
    rejections: z
      .array(ImportRejection)
      .max(REJECTIONS_MAX)
      .describe(`The rejections; of more than ${REJECTIONS_MAX} the first.`),
    rejectionsOmitted: count('Rejections that are not listed.'),
  })
  .meta({ id: 'ImportResult', description: 'received = created + updated + unchanged + rejected.' });
export type ImportResult = z.infer<typeof ImportResult>;
