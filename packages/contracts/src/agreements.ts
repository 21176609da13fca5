import { LIFE_CYCLE } from '@mra/recognition';
import { z } from 'zod';
import { completeRule, Rule, RuleBody } from './agreement-rules.ts';
import {
  AdministrationCode,
  AgreementId,
  BenefitCode,
  Confidence,
  LEAST_CONFIDENCE,
  ProgrammeId,
  pageOf,
  pageQuery,
  Sources,
  Version,
} from './common.ts';
import { Day, DayOrInstant, Instant, PartialDay } from './days.ts';
import { besideOtherErrors, code, isRepeated, line, prose } from './text.ts';
import { wellFormed } from './well-formed.ts';

export const AgreementParams = z.strictObject({ agreement: AgreementId.meta({ examples: ['eu-jp-2010'] }) });
export type AgreementParams = z.infer<typeof AgreementParams>;

export const LifeCycle = z.enum(LIFE_CYCLE).meta({
  id: 'LifeCycle',
  description: 'Only `in_force` recognises, and `pilot` for the members on its list.',
});
export type LifeCycle = z.infer<typeof LifeCycle>;

/** Fields of the exchanged record that an agreement may name (domain.md B.1 to B.5). */
const DATA_ELEMENTS = [
  'TIN',
  'NAME',
  'ADDRESS',
  'AUTHORISATION_NUMBER',
  'ROLE',
  'STATUS',
  'STATUS_PERIODS',
  'EFFECTIVE_DATES',
  'VALIDATION_DATE',
  'ISSUING_AUTHORITY',
] as const;

const PartyStart = z
  .strictObject({
    party: AdministrationCode,
    from: PartialDay.nullable().describe('null: not known.'),
    effective: z.boolean().describe('false: the party has signed but not begun.'),
  })
  .meta({ id: 'PartyStart', description: 'When one party of a plurilateral agreement began.' });

const Exchange = z
  .strictObject({
    mode: z.enum(['AUTOMATIC_SYSTEM', 'ELECTRONIC_WITH_MANUAL_INTERVENTION', 'OTHER']),
    frequency: z.enum(['NEVER', 'DAILY', 'WEEKLY', 'MONTHLY', 'QUARTERLY', 'YEARLY', 'OTHER']).nullable(),
    note: prose(1000).nullable(),
  })
  .meta({ id: 'AgreedExchange', description: 'How the parties agreed to exchange members; null: not known.' });

const fields = {
  title: line(1000),
  form: z.enum(['bilateral', 'plurilateral']),
  parties: z.array(AdministrationCode).min(2).max(200),
  citation: line(500).nullable().describe('Legal citation.'),
  legalForm: z.enum(['arrangement', 'binding_decision', 'treaty', 'unknown']),
  lifeCycle: LifeCycle,
  state: z
    .enum(['open', 'completed', 'superseded', 'exploration'])
    .nullable()
    .describe('Of a joint work plan or an exploration; else null.'),
  statusBasis: z
    .enum(['start_date', 'listed', 'inferred', 'signature', 'pilot', 'draft'])
    .nullable()
    .describe(
      'What `lifeCycle` rests on. `in_force` that is `inferred` is the weakest: a strict deployment treats it as signed.',
    ),
  signedOn: PartialDay.nullable(),
  inForceOn: PartialDay.nullable().describe('null of an agreement in force: the start is not known.'),
  partyEffective: z.array(PartyStart).max(200).describe('Staged starts of a plurilateral agreement.'),
  reviewedOn: Day.describe(
    'Day on which these data were last reviewed: from then on an unknown start of an agreement in force counts.',
  ),
  legalBasis: z.array(AgreementId).max(50).describe('Ids of the mutual-assistance agreements that carry the exchange.'),
  dataElements: z
    .array(z.enum(DATA_ELEMENTS))
    .max(DATA_ELEMENTS.length)
    .nullable()
    .describe('What may be exchanged; null: not known.'),
  exchange: Exchange.nullable(),
  benefits: z.array(BenefitCode).max(50),
  sources: Sources,
  contradictingSources: Sources.describe('Sources that say otherwise.'),
  confidence: Confidence,
  inferredDates: z.array(line(100)).max(20).describe('Dates that no source prints, `signedOn (year)`.'),
  unverifiedFields: z.array(code(/^[A-Za-z.]+$/, 100, 'the name of a field')).max(50),
  notes: prose(4000).nullable(),
};

const RULES_MAX = 2000;

const terms = z
  .strictObject({
    ...fields,
    rules: z.array(RuleBody).max(RULES_MAX).describe('One for each direction.'),
    effectiveFrom: DayOrInstant.describe('From when these terms hold. Left out: they correct the terms for all time.'),
  })
  .partial({
    citation: true,
    legalForm: true,
    state: true,
    statusBasis: true,
    signedOn: true,
    inForceOn: true,
    partyEffective: true,
    reviewedOn: true,
    legalBasis: true,
    rules: true,
    dataElements: true,
    exchange: true,
    benefits: true,
    sources: true,
    contradictingSources: true,
    confidence: true,
    inferredDates: true,
    unverifiedFields: true,
    notes: true,
    effectiveFrom: true,
  });

/** The terms of an agreement; its id is in the path. */
export const AgreementBody = terms
  .superRefine((body, context) => {
    const { parties, lifeCycle, rules = [], partyEffective = [] } = wellFormed(terms, body);
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const isNoParty = (code: string | undefined) =>
      code !== undefined && parties !== undefined && !parties.includes(undefined) && !parties.includes(code);
    if (parties?.some((party, index) => isRepeated(parties, party, index))) {
      refuse(['parties'], 'must name each party once');
    }
    if ((lifeCycle === 'joint_work_plan' || lifeCycle === 'exploratory') && rules.length > 0) {
      refuse(['rules'], `must be empty: ${lifeCycle} recognises nobody yet`);
    }
    const ids = rules.map((rule) => rule?.id);
    rules.forEach((rule, index) => {
      if (isRepeated(ids, rule?.id, index)) refuse(['rules', index, 'id'], 'is the id of an earlier rule');
      if (isNoParty(rule?.recogniser)) refuse(['rules', index, 'recogniser'], 'must be one of the parties');
    });
    const starts = partyEffective.map((start) => start?.party);
    starts.forEach((party, index) => {
      if (isNoParty(party)) refuse(['partyEffective', index, 'party'], 'must be one of the parties');
      if (isRepeated(starts, party, index)) {
        refuse(['partyEffective', index, 'party'], 'is the party of an earlier start');
      }
    });
  }, besideOtherErrors)
  .meta({ id: 'AgreementBody', description: 'A mutual-recognition agreement or arrangement, or a plan for one.' });
export type AgreementBody = z.infer<typeof AgreementBody>;

const answer = {
  id: AgreementId,
  ...fields,
  rules: z.array(Rule).max(RULES_MAX).describe('One for each direction.'),
  version: Version,
  recordedAt: Instant,
  validFrom: DayOrInstant.nullable().describe('From when these terms hold; null: always.'),
  validTo: DayOrInstant.nullable().describe('First moment at which other terms hold; null: open.'),
};

export const Agreement = z
  .object(answer)
  .meta({ id: 'Agreement', description: 'The terms of an agreement over one period of validity.' });
export type Agreement = z.infer<typeof Agreement>;

export const AgreementVersion = z
  .object({
    ...answer,
    supersededAt: Instant.nullable().describe('When it stopped being what is known; null: it still is.'),
  })
  .meta({ id: 'AgreementVersion', description: 'Terms as they were known for a time.' });
export type AgreementVersion = z.infer<typeof AgreementVersion>;

export const AgreementHistory = z
  .object({ agreement: AgreementId, versions: z.array(AgreementVersion).max(10_000).describe('Oldest first.') })
  .meta({ id: 'AgreementHistory', description: 'Every version of the terms of an agreement.' });
export type AgreementHistory = z.infer<typeof AgreementHistory>;

export const AgreementQuery = z.strictObject({
  lifeCycle: LifeCycle.optional(),
  party: AdministrationCode.optional().describe('Agreements to which this administration is a party.'),
  programme: ProgrammeId.optional().describe('Agreements with a rule about this programme.'),
  ...pageQuery,
});
export type AgreementQuery = z.infer<typeof AgreementQuery>;

export const AgreementPage = pageOf(Agreement, 'AgreementPage', 'Agreements by id.');
export type AgreementPage = z.infer<typeof AgreementPage>;

export type CompleteAgreement = Omit<Agreement, 'id' | 'version' | 'recordedAt' | 'validFrom' | 'validTo'>;

/**
 * The terms with every field there: null, `unknown` or empty for what is left out.
 * @param today the review day of a body that names none: who writes the terms has looked at them
 */
export function completeAgreement(body: AgreementBody, today: string): CompleteAgreement {
  const benefits = body.benefits ?? [];
  const confidence = body.confidence ?? LEAST_CONFIDENCE;
  return {
    title: body.title,
    form: body.form,
    parties: body.parties,
    citation: body.citation ?? null,
    legalForm: body.legalForm ?? 'unknown',
    lifeCycle: body.lifeCycle,
    state: body.state ?? null,
    statusBasis: body.statusBasis ?? null,
    signedOn: body.signedOn ?? null,
    inForceOn: body.inForceOn ?? null,
    partyEffective: body.partyEffective ?? [],
    reviewedOn: body.reviewedOn ?? today,
    legalBasis: body.legalBasis ?? [],
    rules: (body.rules ?? []).map((rule) => completeRule(rule, { benefits, confidence })),
    dataElements: body.dataElements ?? null,
    exchange: body.exchange ?? null,
    benefits,
    sources: body.sources ?? [],
    contradictingSources: body.contradictingSources ?? [],
    confidence,
    inferredDates: body.inferredDates ?? [],
    unverifiedFields: body.unverifiedFields ?? [],
    notes: body.notes ?? null,
  };
}
