import { FLOWS } from '@mra/recognition';
import { z } from 'zod';
import {
  AdministrationCode,
  BenefitCode,
  Confidence,
  Identifier,
  ProgrammeId,
  Role,
  RuleId,
  Sources,
  TypeCode,
} from './common.ts';
import { PartialDay } from './days.ts';
import { PresentationId } from './presentations.ts';
import { prose } from './text.ts';

const fields = {
  id: RuleId,
  programme: ProgrammeId.describe('Programme whose members are recognised.'),
  recogniser: AdministrationCode.describe('Administration that recognises them.'),
  types: z
    .array(TypeCode)
    .min(1)
    .max(50)
    .nullable()
    .describe('Types that count; null: those of the programme with `recognisable: yes`.'),
  roles: z.array(Role).min(1).max(10).nullable().describe('Roles that count; null: any.'),
  flows: z.array(z.enum(FLOWS)).min(1).max(2).nullable().describe('Seen from the recogniser; null: both.'),
  effectiveFrom: PartialDay.nullable().describe('Start of this direction; null: that of the agreement.'),
  presentation: PresentationId.nullable().describe(
    "How a member is named on the recogniser's declaration; null: not known.",
  ),
  benefits: z.array(BenefitCode).max(50),
  pilotMembers: z
    .array(Identifier)
    .max(10_000)
    .nullable()
    .describe('Authorisation numbers admitted to a pilot: it counts for them only. null: not a pilot.'),
  note: prose(2000).nullable(),
  sources: Sources,
  confidence: Confidence,
};

/** One direction of an agreement, as written. */
export const RuleBody = z
  .strictObject(fields)
  .partial({
    types: true,
    roles: true,
    flows: true,
    effectiveFrom: true,
    presentation: true,
    benefits: true,
    pilotMembers: true,
    note: true,
    sources: true,
    confidence: true,
  })
  .meta({
    id: 'RuleBody',
    description: 'One direction of an agreement: members of `programme` are recognised by `recogniser`.',
  });
export type RuleBody = z.infer<typeof RuleBody>;

export const Rule = z.object(fields).meta({
  id: 'Rule',
  description: 'One direction of an agreement: members of `programme` are recognised by `recogniser`.',
});
export type Rule = z.infer<typeof Rule>;

/** The rule with every field there: null for what is left out, and what its agreement says of benefits and
 * confidence where it says nothing itself. */
export function completeRule(body: RuleBody, agreement: Pick<Rule, 'benefits' | 'confidence'>): Rule {
  return {
    id: body.id,
    programme: body.programme,
    recogniser: body.recogniser,
    types: body.types ?? null,
    roles: body.roles ?? null,
    flows: body.flows ?? null,
    effectiveFrom: body.effectiveFrom ?? null,
    presentation: body.presentation ?? null,
    benefits: body.benefits ?? [...agreement.benefits],
    pilotMembers: body.pilotMembers ?? null,
    note: body.note ?? null,
    sources: body.sources ?? [],
    confidence: body.confidence ?? agreement.confidence,
  };
}
