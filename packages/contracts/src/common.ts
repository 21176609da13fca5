import { ROLES } from '@mra/recognition';
import { z } from 'zod';
import { COUNT_MAX, code, line, queryWhole, whole } from './text.ts';

const slug = (max: number, says: string) => code(/^[a-z0-9]+(-[a-z0-9]+)*$/, max, says);

export const AdministrationCode = code(/^[A-Z]{2}$/, 2, 'an ISO 3166-1 alpha-2 code in capitals, or EU').describe(
  'Customs administration: ISO 3166-1 alpha-2 code, or `EU`.',
);

export const CountryCode = code(/^[A-Z]{2}$/, 2, 'an ISO 3166-1 alpha-2 code in capitals').describe(
  'Country: ISO 3166-1 alpha-2 code.',
);

export const ProgrammeId = slug(40, 'the id of a programme, for example eu-aeo').describe(
  'Id of a programme, `eu-aeo`.',
);

export const AgreementId = slug(64, 'the id of an agreement, for example eu-jp-2010').describe(
  'Id of an agreement, `eu-jp-2010`.',
);

export const SchemeCode = slug(40, 'the code of an identifier scheme, for example eori').describe(
  'Identifier scheme, `eori`.',
);

export const RuleId = code(/^[a-z0-9-]+:[a-z0-9-]+>[A-Z]{2}$/, 120, 'agreement:programme>recogniser').describe(
  'Id of a directed rule: agreement, programme and recogniser, `eu-jp-2010:eu-aeo>JP`.',
);

export const TypeCode = code(/^[A-Z0-9][A-Z0-9_.-]*$/, 32, 'the code of a type or tier, for example AEOF').describe(
  'Authorisation type or tier of a programme, or one of its components: `AEOF`, `AEOS`, `TIER2`.',
);

export const BenefitCode = code(/^[A-Z][A-Z0-9_]*$/, 64, 'a benefit code, for example PRIORITY_TREATMENT').describe(
  'Benefit, `PRIORITY_TREATMENT`.',
);

/** Codes of single findings (rejected lines, warnings); the lists are those of the parts that find them. */
export const FindingCode = code(/^[A-Za-z][A-Za-z0-9_-]*$/, 64, 'a code').describe('Stable code to switch on.');

/** Any identifier, as written. 64 characters is the limit of the service for every identifier. */
export const Identifier = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'must not contain control characters' });

export const Role = z.enum(ROLES).meta({ id: 'Role', description: "A trader's role in the supply chain." });
export type Role = z.infer<typeof Role>;

export const Roles = z.array(Role).max(ROLES.length);

export const Sources = z
  .array(
    code(/^(https?:\/\/|cite:)[^\p{Cc}\p{Cs}]+$/u, 500, 'an http(s) address, or cite: and the name of an instrument'),
  )
  .max(50)
  .describe('Where this is known from: addresses, or `cite:` and the name of an instrument.');

export const Confidence = z
  .enum(['high', 'medium', 'low'])
  .describe(
    "`high`: a party's own text or two independent sources; `medium`: one good source; `low`: a name in a list.",
  );

/** Of what nobody vouched for. */
export const LEAST_CONFIDENCE = 'low';

export const Source = code(/^(local|[A-Z]{2})$/, 5, 'local or an administration').describe(
  '`local` where this deployment is authoritative, else the administration whose copy this is.',
);

export const Pointer = z
  .string()
  .max(1000)
  .regex(/^(\/[\s\S]*)?$/)
  .describe('JSON Pointer (RFC 6901) to the field; empty: the whole.');

/** One bad field of a request. */
export const FieldError = z.object({
  pointer: Pointer,
  detail: z
    .string()
    .max(2000)
    .regex(/^\P{Cc}*$/u)
    .describe('What is wrong with it.'),
});
export type FieldError = z.infer<typeof FieldError>;

export const Version = whole(0, COUNT_MAX).describe('Grows with every change; the ETag.');

/** Opaque: readers must not look inside. */
export const Cursor = code(/^[A-Za-z0-9_-]+$/, 1024, 'a nextCursor of an earlier page');

export const PAGE_MAX = 500;

/** Query fields of every list. Spread into the query schema of the list. */
export const pageQuery = {
  limit: queryWhole(1, PAGE_MAX).describe(`Rows of one page, 1 to ${PAGE_MAX}; 50 when left out.`).default(50),
  cursor: Cursor.optional().describe('`nextCursor` of the page before; left out: the first page.'),
} as const;

/** The query string of a list without filters. */
export const ListQuery = z.strictObject(pageQuery);
export type ListQuery = z.infer<typeof ListQuery>;

/** A page of a list as a named component. */
export function pageOf<Item extends z.ZodType>(item: Item, id: string, description: string) {
  return z
    .object({
      data: z.array(item).max(PAGE_MAX),
      nextCursor: Cursor.nullable().describe('Cursor of the next page; null on the last.'),
    })
    .meta({ id, description });
}

/** Of a token, by its issuer: whoever records something is told by it. */
export const ClientId = line(255);
