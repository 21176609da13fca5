import { CONSENT_REGIMES } from '@mra/recognition';
import { z } from 'zod';
import {
  AdministrationCode,
  Confidence,
  Identifier,
  LEAST_CONFIDENCE,
  ProgrammeId,
  pageOf,
  Roles,
  SchemeCode,
  Sources,
  TypeCode,
  Version,
} from './common.ts';
import { DayOrInstant, Instant } from './days.ts';
import { besideOtherErrors, isRepeated, line, prose, whole } from './text.ts';
import { wellFormed } from './well-formed.ts';

export const ProgrammeParams = z.strictObject({ programme: ProgrammeId.meta({ examples: ['nz-ses'] }) });
export type ProgrammeParams = z.infer<typeof ProgrammeParams>;

const AuthorisationType = z
  .strictObject({
    code: TypeCode,
    name: line(200),
    components: z
      .array(TypeCode)
      .min(1)
      .max(20)
      .describe('Parts of a combined type (AEOF is AEOC and AEOS); a simple type names itself.'),
    securityComponent: z.boolean().nullable().describe('Whether it carries security and safety; null: not known.'),
    validatedOnSite: z.boolean().nullable().describe('Whether customs visited the site; null: not known.'),
    recognisable: z.enum(['yes', 'no', 'unknown']).describe('Whether it counts under agreements that name no types.'),
    basis: prose(1000).describe('Why.'),
  })
  .partial({ components: true, securityComponent: true, validatedOnSite: true, recognisable: true, basis: true });

/**
 * Whether an expression cannot take exponential time on 64 characters: anchored, and no repeated group, look-around or
 * back-reference (so no `(a+)+`). All patterns of the reference data are of this kind.
 */
function isPlainRegex(source: string): boolean {
  if (!/^\^.*\$$/s.test(source) || /\)[*+{]|\(\?|\\[1-9k]/.test(source)) return false;
  return (source.match(/[*+]|\{\d+,\d*\}/g) ?? []).length <= 3 && compiles(source);
}

function compiles(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}

const NumberPattern = z.strictObject({
  scheme: SchemeCode,
  regex: line(300)
    .refine(isPlainRegex, {
      error: 'must be a regular expression from ^ to $ with at most three repetitions and no repeated group',
    })
    .describe('Over the normalised number: upper case, no spaces or hyphens.'),
  example: Identifier,
  verified: z.boolean().describe('Whether a source states the form.'),
});

const Review = z.strictObject({
  intervalMonths: whole(1, 1200).nullable(),
  expires: z.boolean().nullable().describe('Whether an authorisation ends when it is not renewed; null: not known.'),
  note: prose(1000).nullable(),
});

const fields = {
  administration: AdministrationCode,
  name: line(300),
  shortName: line(40),
  launchYear: whole(1900, 2999).nullable(),
  roles: Roles.describe('Roles of operators it admits; empty: not known, not none.'),
  numberPatterns: z.array(NumberPattern).max(50),
  consent: z
    .enum(CONSENT_REGIMES)
    .describe(
      '`all_partners`: one consent; `per_partner`: partner by partner; `none`: not needed; `unknown`: does not block.',
    ),
  sources: Sources,
  confidence: Confidence,
  notes: prose(4000).nullable(),
};

const TYPES_MAX = 50;

const terms = z
  .strictObject({
    ...fields,
    types: z.array(AuthorisationType).min(1).max(TYPES_MAX),
    review: Review.partial(),
    effectiveFrom: DayOrInstant.describe('From when these terms hold. Left out: they correct the terms for all time.'),
  })
  .partial({
    launchYear: true,
    roles: true,
    numberPatterns: true,
    consent: true,
    review: true,
    sources: true,
    confidence: true,
    notes: true,
    effectiveFrom: true,
  });

/** The terms of a programme; their id is in the path. */
export const ProgrammeBody = terms
  .superRefine((body, context) => {
    const codes = (wellFormed(terms, body).types ?? []).map((type) => type?.code);
    codes.forEach((code, index) => {
      if (!isRepeated(codes, code, index)) return;
      context.addIssue({ code: 'custom', path: ['types', index, 'code'], message: 'is the code of an earlier type' });
    });
  }, besideOtherErrors)
  .meta({ id: 'ProgrammeBody', description: 'A programme: types or tiers, roles, number formats, review cycle.' });
export type ProgrammeBody = z.infer<typeof ProgrammeBody>;

export const Programme = z
  .object({
    id: ProgrammeId,
    ...fields,
    types: z.array(AuthorisationType.required()).max(TYPES_MAX),
    review: Review,
    version: Version,
    recordedAt: Instant,
    validFrom: DayOrInstant.nullable().describe('From when these terms hold; null: always.'),
    validTo: DayOrInstant.nullable().describe('First moment at which other terms hold; null: open.'),
  })
  .meta({ id: 'Programme', description: 'The terms of a programme over one period of validity.' });
export type Programme = z.infer<typeof Programme>;

export const ProgrammePage = pageOf(Programme, 'ProgrammePage', 'Programmes by id.');
export type ProgrammePage = z.infer<typeof ProgrammePage>;

export type CompleteProgramme = Omit<Programme, 'id' | 'version' | 'recordedAt' | 'validFrom' | 'validTo'>;

/** The terms with every field there. What is not said is not known: `unknown`, null or empty, and nothing recognisable. */
export function completeProgramme(body: ProgrammeBody): CompleteProgramme {
  return {
    administration: body.administration,
    name: body.name,
    shortName: body.shortName,
    launchYear: body.launchYear ?? null,
    types: body.types.map((type) => ({
      code: type.code,
      name: type.name,
      components: type.components ?? [type.code],
      securityComponent: type.securityComponent ?? null,
      validatedOnSite: type.validatedOnSite ?? null,
      recognisable: type.recognisable ?? 'unknown',
      basis: type.basis ?? '',
    })),
    roles: body.roles ?? [],
    numberPatterns: body.numberPatterns ?? [],
    review: {
      intervalMonths: body.review?.intervalMonths ?? null,
      expires: body.review?.expires ?? null,
      note: body.review?.note ?? null,
    },
    consent: body.consent ?? 'unknown',
    sources: body.sources ?? [],
    confidence: body.confidence ?? LEAST_CONFIDENCE,
    notes: body.notes ?? null,
  };
}
