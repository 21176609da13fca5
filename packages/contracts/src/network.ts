import { z } from 'zod';
import { AdministrationCode, AgreementId, Confidence, ProgrammeId, pageOf, RuleId, Sources } from './common.ts';
import { DayOrInstant, Instant, PartialDay } from './days.ts';
import { COUNT_MAX, prose, whole } from './text.ts';

export const MutualAssistance = z
  .object({
    id: AgreementId.describe('Id of a mutual-assistance agreement, `eu-us-cmaa-1997`.'),
    parties: z.array(AdministrationCode).min(2).max(200),
    signedOn: PartialDay.nullable(),
    inForceOn: PartialDay.nullable(),
    sources: Sources,
    confidence: Confidence,
    notes: prose(4000).nullable(),
  })
  .meta({
    id: 'MutualAssistance',
    description: 'A customs mutual-assistance agreement: carries the exchange of members.',
  });
export type MutualAssistance = z.infer<typeof MutualAssistance>;

export const MutualAssistancePage = pageOf(
  MutualAssistance,
  'MutualAssistancePage',
  'Mutual-assistance agreements by id.',
);
export type MutualAssistancePage = z.infer<typeof MutualAssistancePage>;

export const NetworkQuery = z.strictObject({
  at: DayOrInstant.optional().describe('Day (00:00 UTC) or instant asked about; now when left out.'),
});
export type NetworkQuery = z.infer<typeof NetworkQuery>;

const Pair = z
  .object({
    programme: ProgrammeId,
    issuer: AdministrationCode,
    recogniser: AdministrationCode,
    agreements: z
      .array(AgreementId)
      .min(1)
      .max(100)
      .describe('Those in force or, where none is certain, those that may be.'),
    rules: z.array(RuleId).min(1).max(1000),
    pilot: z.boolean().describe('true: only the members on the list of the pilot.'),
    certain: z.boolean().describe('false: each start is known too vaguely to say that it has come.'),
  })
  .meta({
    id: 'RecognisedPair',
    description:
      'Members of `programme` are recognised by `recogniser` under these rules. What a union recognises, its members do.',
  });

export const NetworkAnswer = z
  .object({
    at: Instant,
    networkVersion: whole(0, COUNT_MAX),
    pairs: z.array(Pair).max(100_000),
  })
  .meta({ id: 'NetworkAnswer', description: 'Who recognises whom at an instant.' });
export type NetworkAnswer = z.infer<typeof NetworkAnswer>;
