import { FLOWS } from '@mra/recognition';
import { z } from 'zod';
import { AdministrationCode, FieldError, Identifier, Role, SchemeCode } from './common.ts';
import { Instant } from './days.ts';
import { line } from './text.ts';

const fields = {
  recogniser: AdministrationCode.describe(
    'Administration whose recognition is asked about: ISO 3166-1 alpha-2, or `EU`.',
  ),
  identifier: Identifier.describe(
    'Any identifier of the trader: authorisation number, TIN/EORI, AEO code, national id, MID, LEI. Case, spaces and hyphens do not matter.',
  ),
  scheme: SchemeCode.optional().describe('Identifier scheme, `eori`, when the caller knows it.'),
  issuer: AdministrationCode.optional().describe('Administration that granted the status, when the caller knows it.'),
  role: Role.optional().describe("The trader's role in the supply chain."),
  flow: z.enum(FLOWS).optional().describe('`import` into or `export` from the recogniser.'),
  at: Instant.optional().describe(
    'Instant asked about: when the declaration that relies on the answer is accepted. Now when left out. Write `+` of an offset as `%2B` in a query string.',
  ),
  knownAt: Instant.optional().describe(
    'Answer as known at that instant, which must not lie in the future. Now when left out.',
  ),
  name: line(300)
    .optional()
    .describe(
      "Trader's name on the document: compared with the registered name and reported, never a reason to recognise.",
    ),
};

/** A question as a JSON body. */
export const Question = z
  .strictObject(fields)
  .meta({ id: 'Question', description: 'Is this trader recognised? Unknown fields are refused.' });
export type Question = z.infer<typeof Question>;

/** The same question as a query string. */
export const QuestionQuery = z.strictObject({
  ...fields,
  recogniser: fields.recogniser.meta({ examples: ['JP'] }),
  identifier: fields.identifier.meta({ examples: ['DEAEOF00012345'] }),
});

export const BATCH_MAX = 10_000;

/**
 * An item of a batch. It is accepted whatever it is, so that one bad item does not fail its neighbours; `readQuestion` checks it.
 * The document shows what it should be.
 */
const BatchItem = z.unknown().meta({ $ref: '#/components/schemas/Question' });

export const BatchRequest = z
  .strictObject({
    questions: z.array(BatchItem).min(1).max(BATCH_MAX).describe('1 to 10,000 questions, answered in this order.'),
  })
  .meta({
    id: 'BatchRequest',
    description:
      'Questions to be answered one by one. An item that is not a `Question` gets an answer of outcome `invalid`.',
  });
export type BatchRequest = z.infer<typeof BatchRequest>;

/** The most bad fields that are told of one item: 10,000 items with a hundred each would make an answer of 60 MB. */
export const MAX_ITEM_ERRORS = 20;

/** What a batch answers to an item that is not a question. */
export const InvalidAnswer = z
  .object({
    outcome: z.literal('invalid'),
    question: z.unknown().describe('The item as received; null where it was not JSON.'),
    errors: z
      .array(FieldError)
      .min(1)
      .max(MAX_ITEM_ERRORS + 1)
      .describe(
        `Every bad field of the item, up to ${MAX_ITEM_ERRORS}; where there are more, a last entry about the whole item says how many.`,
      ),
  })
  .meta({ id: 'InvalidAnswer', description: 'A bad item of a batch: nothing was asked, nothing is answered.' });
export type InvalidAnswer = z.infer<typeof InvalidAnswer>;
