import { z } from 'zod';
import { AdministrationCode, ProgrammeId } from './common.ts';
import { DayOrInstant, Instant, isPeriod } from './days.ts';
import { AuthorisationNumber } from './membership-record.ts';
import { besideOtherErrors, prose } from './text.ts';

/** The recogniser is not in the body: it is the administration the caller acts for. */
export const LocalSuspensionBody = z
  .strictObject({
    from: DayOrInstant.optional().describe('From when; now when left out.'),
    to: DayOrInstant.nullish().describe(
      'First moment at which the benefits are given again. Absent or null: until further notice.',
    ),
    note: prose(2000).nullish().describe('For the own files: never sent to partners.'),
  })
  .refine(({ from, to }) => isPeriod(from, to), {
    ...besideOtherErrors,
    path: ['to'],
    error: 'must be later than from',
  })
  .meta({
    id: 'LocalSuspensionBody',
    description: "A recogniser suspends the benefits it gives to a partner's member.",
  });
export type LocalSuspensionBody = z.infer<typeof LocalSuspensionBody>;

export const LocalSuspension = z
  .object({
    programme: ProgrammeId,
    number: AuthorisationNumber,
    recogniser: AdministrationCode.describe('Administration that suspended its benefits.'),
    from: DayOrInstant,
    to: DayOrInstant.nullable(),
    note: prose(2000).nullable(),
    recordedAt: Instant,
  })
  .meta({ id: 'LocalSuspension', description: 'A local suspension as recorded.' });
export type LocalSuspension = z.infer<typeof LocalSuspension>;
