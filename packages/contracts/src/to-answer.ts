import { type Decision, dayOrInstant, explainUnknown, isDay, type Question, shortInstant } from '@mra/recognition';
import type { Answer, IdentifierReading } from './answer.ts';

export interface AnswerContext {
  /** Canonical instant. */
  readonly decidedAt: string;
  readonly networkVersion: number;
  /** What the identifier looks like; left out of the answer when left out here. */
  readonly identifier?: IdentifierReading;
}

/**
 * A decision as callers read it (api.md section 2), its fields in the order of the schema: it is sent as it is, without the check that
 * other answers go through, which would take longer than deciding. Tests hold it to its schema.
 * Instants lose a fraction of zero; of the question only what was asked is repeated, with `at` and `knownAt` always.
 */
export function toAnswer(decision: Decision, question: Question, context: AnswerContext): Answer {
  return {
    outcome: decision.outcome,
    reason: decision.reason,
    detail: detailOf(decision, question, context.identifier),
    question: toAnsweredQuestion(question),
    ...(context.identifier && { identifier: context.identifier }),
    membership: toMembership(decision.membership),
    // The same fields in the same order.
    rules: decision.rules as Answer['rules'],
    benefits: [...decision.benefits],
    declare: toDeclare(decision.declare),
    declareNote: decision.declareNote && { where: decision.declareNote.where, note: decision.declareNote.note },
    nameMatch: decision.nameMatch && { ...decision.nameMatch },
    validUntil: decision.validUntil && shortInstant(decision.validUntil),
    dataAge: toDataAge(decision.dataAge),
    decidedAt: shortInstant(context.decidedAt),
    networkVersion: context.networkVersion,
  };
}

/** Of an unknown trader also the check digit that its text fails, which follows from the text alone. */
function detailOf({ reason, detail }: Decision, question: Question, identifier: IdentifierReading | undefined) {
  const [likest] = identifier?.schemes ?? [];
  if (reason !== 'UNKNOWN_TRADER' || likest?.checkDigit !== 'invalid') return detail;
  return explainUnknown(question, likest.name);
}

function toAnsweredQuestion(question: Question): Answer['question'] {
  const { recogniser, identifier, scheme, issuer, role, flow, name } = question;
  return {
    recogniser,
    identifier,
    ...(scheme !== undefined && { scheme }),
    ...(issuer !== undefined && { issuer }),
    ...(role !== undefined && { role }),
    ...(flow !== undefined && { flow }),
    at: shortInstant(question.at),
    knownAt: shortInstant(question.knownAt),
    ...(name !== undefined && { name }),
  };
}

function toMembership(membership: Decision['membership']): Answer['membership'] {
  if (membership === null) return null;
  return {
    ...membership,
    statusSince: since(membership.statusSince),
    components: membership.components.map((component) => ({ ...component, since: since(component.since) })),
  };
}

function toDeclare(declare: Decision['declare']): Answer['declare'] {
  if (declare === null) return null;
  const { strategy, identifier, where, note, hint } = declare;
  return { strategy, identifier, where, note, hint };
}

/** A copy may have been synchronised after the instant asked about: its age is then 0, not negative. */
function toDataAge(dataAge: Decision['dataAge']): Answer['dataAge'] {
  if (dataAge === null) return null;
  return {
    source: dataAge.source,
    lastSynchronisedAt: dataAge.lastSynchronisedAt && shortInstant(dataAge.lastSynchronisedAt),
    ageSeconds: dataAge.ageSeconds === null ? null : Math.max(0, dataAge.ageSeconds),
    maxAgeSeconds: dataAge.maxAgeSeconds,
  };
}

function since(moment: string | null): string | null {
  return moment === null || isDay(moment) ? moment : dayOrInstant(moment);
}
