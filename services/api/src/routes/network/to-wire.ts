import type {
  Administration,
  Agreement,
  AgreementVersion,
  Benefit,
  IdentifierScheme,
  MutualAssistance,
  Presentation,
  Programme,
} from '@mra/contracts';
import { dayOrInstant, type Period, shortInstant } from '@mra/recognition';
import type {
  AdministrationDocument,
  AgreementDocument,
  BenefitDocument,
  IdentifierSchemeDocument,
  MutualAssistanceDocument,
  PresentationDocument,
  ProgrammeDocument,
  Recorded,
} from '@mra/registry';

/** Documents as callers read them. Types are narrowed here and checked when the answer is serialised. */

export function toAdministration({ valid: _, known: __, recordedBy: ___, ...row }: Recorded<AdministrationDocument>) {
  return { ...row, recordedAt: shortInstant(row.recordedAt) } as Administration;
}

export function toProgramme({ valid, known: _, recordedBy: __, ...row }: Recorded<ProgrammeDocument>) {
  return { ...row, recordedAt: shortInstant(row.recordedAt), ...period(valid) } as Programme;
}

export function toAgreement({ valid, known: _, recordedBy: __, ...row }: Recorded<AgreementDocument>) {
  return { ...row, recordedAt: shortInstant(row.recordedAt), ...period(valid) } as Agreement;
}

export function toAgreementVersion(row: Recorded<AgreementDocument>): AgreementVersion {
  return { ...toAgreement(row), supersededAt: row.known.to && shortInstant(row.known.to) };
}

export const toMutualAssistance = (row: MutualAssistanceDocument) => row as MutualAssistance;
export const toPresentation = (row: PresentationDocument) => row as Presentation;
export const toBenefit = (row: BenefitDocument) => row as Benefit;
export const toIdentifierScheme = (row: IdentifierSchemeDocument) => row as IdentifierScheme;

function period({ from, to }: Period): { validFrom: string | null; validTo: string | null } {
  return { validFrom: from && dayOrInstant(from), validTo: to && dayOrInstant(to) };
}
