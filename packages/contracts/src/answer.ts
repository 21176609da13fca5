import { CONDITION_CODES, OUTCOMES, REASONS, STATUSES, STRATEGIES } from '@mra/recognition';
import { z } from 'zod';
import {
  AdministrationCode,
  AgreementId,
  BenefitCode,
  Identifier,
  ProgrammeId,
  RuleId,
  SchemeCode,
  Source,
  TypeCode,
} from './common.ts';
import { DayOrInstant, Instant } from './days.ts';
import { BATCH_MAX, InvalidAnswer, Question } from './question.ts';
import { COUNT_MAX, line, prose, whole } from './text.ts';

export const Reason = z.enum(REASONS).meta({
  id: 'Reason',
  description:
    'Why, from a closed list. Of an answer that is not recognised: the first false condition of the rule that came closest.',
});
export type Reason = z.infer<typeof Reason>;

export const MembershipStatus = z.enum([...STATUSES, 'not_started']).meta({
  id: 'MembershipStatus',
  description:
    '`active` and `suspended` are live, the others have ended; `not_started`: begins later than the instant asked about.',
});
export type MembershipStatus = z.infer<typeof MembershipStatus>;

export const Component = z
  .object({
    code: TypeCode,
    status: MembershipStatus,
    since: DayOrInstant.nullable().describe('Since when; null: not known.'),
  })
  .meta({
    id: 'Component',
    description: 'Status of one part of an authorisation: of AEOF the parts are AEOC and AEOS.',
  });
export type Component = z.infer<typeof Component>;

const AnsweredMembership = z
  .object({
    programme: ProgrammeId,
    issuer: AdministrationCode.describe('Administration that granted the status.'),
    issuingCountry: AdministrationCode.nullable().describe('Member of a union whose customs issued the authorisation.'),
    authorisationNumber: Identifier.describe('As registered.'),
    type: TypeCode.nullable(),
    status: MembershipStatus,
    statusSince: DayOrInstant.nullable(),
    components: z.array(Component).max(20).optional().describe('Status part by part.'),
    name: line(300).nullable().describe('Registered name.'),
  })
  .meta({
    id: 'AnsweredMembership',
    description: 'The membership that the identifier led to, at the instant asked about.',
  });

const Condition = z
  .object({
    code: z.enum(CONDITION_CODES),
    met: z.boolean().nullable().describe('null: cannot be known.'),
    detail: prose(1000).optional().describe('The fact that decided it.'),
  })
  .meta({ id: 'Condition', description: 'One condition of a rule.' });

const RuleAnswer = z
  .object({
    agreement: AgreementId,
    rule: RuleId,
    title: line(1000),
    citation: line(500).nullable().describe('Legal citation.'),
    met: z
      .boolean()
      .nullable()
      .describe('false if one condition is false, else null if one is null, else true (Kleene).'),
    conditions: z.array(Condition).max(20),
  })
  .meta({ id: 'RuleAnswer', description: 'One rule that could apply, with every condition, met or not.' });

/** 64 characters of an identifier, each of which NFKC may turn into 18, and a prefix. */
const NORMALISED_MAX = 1200;

const Declare = z
  .object({
    strategy: z.enum(STRATEGIES),
    identifier: line(NORMALISED_MAX).nullable().describe('What to write; null: not known, or made by the declarant.'),
    where: prose(500).nullable().describe("Where on the recogniser's declaration; null: not known."),
    note: prose(1000).nullable(),
    hint: line(100)
      .nullable()
      .optional()
      .describe('A code made from name and address (US MID), to compare with: never proof.'),
  })
  .meta({
    id: 'Declare',
    description: "What to write on the recogniser's declaration so that the status is seen there.",
  });

const DeclareNote = z
  .object({
    where: prose(500).nullable().describe("Where on the recogniser's declaration; null: not known."),
    note: prose(1000).nullable().describe('What is known of it in words.'),
  })
  .meta({
    id: 'DeclareNote',
    description: 'Something is declared whose form is not known: ask the trader or its partner.',
  });

const NameMatch = z
  .object({
    result: z.enum(['exact', 'normalised', 'review', 'different']),
    score: z.number().min(0).max(1),
    comparedWith: line(1000).describe('The registered name that came closest.'),
  })
  .meta({ id: 'NameMatch', description: 'The name asked about, compared with the registered names. Decides nothing.' });

const DataAge = z
  .object({
    source: Source,
    lastSynchronisedAt: Instant.nullable(),
    ageSeconds: whole(0, COUNT_MAX).nullable(),
    maxAgeSeconds: whole(0, COUNT_MAX).nullable().describe('Above it the answer is `indeterminate`; null: no limit.'),
  })
  .meta({ id: 'DataAge', description: 'How old the data are that the answer rests on.' });

export const IdentifierReading = z
  .object({
    normalised: z
      .string()
      .max(NORMALISED_MAX)
      .regex(/^\P{Cc}*$/u)
      .describe('The form in which it is matched.'),
    schemes: z
      .array(
        z.object({
          scheme: SchemeCode,
          name: line(200),
          checkDigit: z.enum(['valid', 'invalid', 'not_checked']),
        }),
      )
      .max(20),
  })
  .meta({
    id: 'IdentifierReading',
    description: 'What the identifier looks like. Says nothing about whether it exists.',
  });
export type IdentifierReading = z.infer<typeof IdentifierReading>;

const AnsweredQuestion = z
  .object({
    ...Question.shape,
    at: Instant.describe('The instant the answer is about.'),
    knownAt: Instant.describe('The instant of knowledge it rests on.'),
  })
  .meta({
    id: 'AnsweredQuestion',
    description: 'The question as understood. Asked again like this it has the same answer for ever.',
  });

export const Answer = z
  .object({
    outcome: z.enum(OUTCOMES),
    reason: Reason,
    detail: prose(2000)
      .nullable()
      .optional()
      .describe('Why, in one sentence, in words that may change: act on `reason`. null when recognised.'),
    question: AnsweredQuestion,
    identifier: IdentifierReading.optional(),
    membership: AnsweredMembership.nullable(),
    rules: z.array(RuleAnswer).max(1000).describe('Every rule that could apply.'),
    benefits: z.array(BenefitCode).max(100).describe('Union of the benefits of the rules that are met.'),
    declare: Declare.nullable().describe('null where recognition needs nothing declared, or the rule is unknown.'),
    declareNote: DeclareNote.nullable()
      .optional()
      .describe(
        'Where `declare` is null though something is declared, whose form is not known; null where `declare` says it, or nothing is known.',
      ),
    nameMatch: NameMatch.nullable(),
    validUntil: Instant.nullable().describe(
      'Earliest instant at which recorded facts will change this answer; null: none.',
    ),
    dataAge: DataAge.nullable(),
    decidedAt: Instant,
    networkVersion: whole(0, COUNT_MAX).describe('Version of the network of agreements that decided.'),
  })
  .meta({ id: 'Answer', description: '"Not recognised" is an answer, not an error.' });
export type Answer = z.infer<typeof Answer>;

export const BatchItemAnswer = z
  .discriminatedUnion('outcome', [Answer, InvalidAnswer])
  .meta({ id: 'BatchItemAnswer', description: 'One line of an NDJSON answer, or one item of a batch.' });
export type BatchItemAnswer = z.infer<typeof BatchItemAnswer>;

export const BatchAnswer = z
  .object({ answers: z.array(BatchItemAnswer).max(BATCH_MAX).describe('One for each question, in their order.') })
  .meta({ id: 'BatchAnswer', description: 'Answers of a batch.' });
export type BatchAnswer = z.infer<typeof BatchAnswer>;
