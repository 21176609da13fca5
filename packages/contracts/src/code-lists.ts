import { z } from 'zod';
import { AdministrationCode, BenefitCode, Confidence, Identifier, pageOf, SchemeCode, Sources } from './common.ts';
import { line, prose } from './text.ts';

export const Benefit = z
  .object({
    code: BenefitCode,
    wording: line(500),
    sources: Sources,
    confidence: Confidence.nullable(),
  })
  .meta({ id: 'Benefit', description: 'What a recognised trader is given.' });
export type Benefit = z.infer<typeof Benefit>;

export const BenefitPage = pageOf(Benefit, 'BenefitPage', 'Benefits by code.');
export type BenefitPage = z.infer<typeof BenefitPage>;

export const IdentifierScheme = z
  .object({
    scheme: SchemeCode,
    administration: AdministrationCode.nullable().describe('Who issues it; null: no single administration.'),
    name: line(200),
    kind: z.enum(['TIN', 'AUTHORISATION_NO', 'AEO_CODE', 'NATIONAL_ID', 'MID', 'LEI', 'RECOGNISER_CODE']),
    regex: line(300).describe('Over the normalised identifier: upper case, no spaces or hyphens.'),
    checkDigit: line(500).nullable().describe('The rule in words; null: there is no check digit.'),
    examples: z.object({
      valid: z.array(Identifier).max(50),
      // The empty text is an example of what is no identifier.
      invalid: z
        .array(
          z
            .string()
            .max(64)
            .regex(/^[^\p{Cc}\p{Cs}]*$/u),
        )
        .max(50),
    }),
    verified: z.boolean().describe('Whether a source states the form.'),
    sources: Sources,
    notes: prose(4000).nullable(),
  })
  .meta({ id: 'IdentifierScheme', description: 'A kind of identifier and its form.' });
export type IdentifierScheme = z.infer<typeof IdentifierScheme>;

export const IdentifierSchemePage = pageOf(IdentifierScheme, 'IdentifierSchemePage', 'Identifier schemes by code.');
export type IdentifierSchemePage = z.infer<typeof IdentifierSchemePage>;
