import { z } from 'zod';
import { AdministrationCode, Confidence, CountryCode, LEAST_CONFIDENCE, pageOf, Sources, Version } from './common.ts';
import { Day, Instant, isPeriod } from './days.ts';
import { besideOtherErrors, line, prose } from './text.ts';
import { wellFormed } from './well-formed.ts';

export const AdministrationParams = z.strictObject({ code: AdministrationCode.meta({ examples: ['NO'] }) });
export type AdministrationParams = z.infer<typeof AdministrationParams>;

const Member = z
  .strictObject({
    code: CountryCode,
    from: Day.nullable().describe('First day of membership; null: not known, or always.'),
    to: Day.nullable().describe('First day no longer a member; null: open.'),
  })
  .refine(({ from, to }) => isPeriod(from, to), {
    path: ['to'],
    error: 'must be later than from',
  })
  .meta({ id: 'UnionMember', description: 'A member of a union over one period.' });

type Period = z.infer<typeof Member>;

function isPeriodOf(
  member: { readonly [Field in keyof Period]?: Period[Field] | undefined } | undefined,
): member is Period {
  return member?.code !== undefined && member.from !== undefined && member.to !== undefined;
}

function overlap(a: Period, b: Period): boolean {
  if (a.code !== b.code) return false;
  return (a.to === null || b.from === null || b.from < a.to) && (b.to === null || a.from === null || a.from < b.to);
}

const fields = {
  name: line(300),
  territory: line(200).describe('Customs territory, for display.'),
  kind: z.enum(['country', 'union', 'territory']),
  members: z.array(Member).max(200).describe('Of a union; else empty.'),
  sources: Sources,
  confidence: Confidence,
  notes: prose(4000).nullable(),
};

const terms = z
  .strictObject(fields)
  .partial({ territory: true, members: true, sources: true, confidence: true, notes: true });

/** What is written about an administration. Members carry their own dates, so the body needs no date of effect. */
export const AdministrationBody = terms
  .superRefine((body, context) => {
    const { kind, members = [] } = wellFormed(terms, body);
    const refuse = (index: number, message: string) =>
      context.addIssue({ code: 'custom', path: ['members', index], message });
    // Nobody would be a member any more, and nobody of its programme would count.
    if (kind === 'union' && (body.members ?? []).length === 0)
      context.addIssue({ code: 'custom', path: ['members'], message: 'must name the members of a union' });
    members.forEach((member, index) => {
      if (kind !== undefined && kind !== 'union') refuse(index, 'only a union has members');
      const earlier = members.slice(0, index);
      if (isPeriodOf(member) && earlier.some((other) => isPeriodOf(other) && overlap(other, member)))
        refuse(index, 'overlaps an earlier period');
    });
  }, besideOtherErrors)
  .meta({ id: 'AdministrationBody', description: 'A customs administration, or a union with its members.' });
export type AdministrationBody = z.infer<typeof AdministrationBody>;

export const Administration = z
  .object({ code: AdministrationCode, ...fields, version: Version, recordedAt: Instant })
  .meta({ id: 'Administration', description: 'A customs administration, or a union with its members.' });
export type Administration = z.infer<typeof Administration>;

export const AdministrationPage = pageOf(Administration, 'AdministrationPage', 'Administrations by code.');
export type AdministrationPage = z.infer<typeof AdministrationPage>;

export type CompleteAdministration = Omit<Administration, 'code' | 'version' | 'recordedAt'>;

/** The body with every field there; the territory of an administration that names none is its name. */
export function completeAdministration(body: AdministrationBody): CompleteAdministration {
  return {
    name: body.name,
    territory: body.territory ?? body.name.slice(0, 200),
    kind: body.kind,
    members: body.members ?? [],
    sources: body.sources ?? [],
    confidence: body.confidence ?? LEAST_CONFIDENCE,
    notes: body.notes ?? null,
  };
}
