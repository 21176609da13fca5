import { type Decision, dayOrInstant, explainUnknown, type Question, shortInstant } from '@mra/recognition';
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
  const answer = {
    outcome: decision.outcome,
    reason: decision.reason,
    detail: detailOf(decision, question, context.identifier),
    question: toAnsweredQuestion(question),
    identifier: context.identifier,
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
  return answer.identifier === undefined ? withoutIdentifier(answer) : (answer as Answer);
}

function withoutIdentifier({ identifier, ...answer }: Omit<Answer, 'identifier'> & { identifier: unknown }): Answer {
  return answer;
}

/** Of an unknown trader also the check digit that its text fails, which follows from the text alone. */
function detailOf({ reason, detail }: Decision, question: Question, identifier: IdentifierReading | undefined) {
  const [likest] = identifier?.schemes ?? [];
  if (reason !== 'UNKNOWN_TRADER' || likest?.checkDigit !== 'invalid') return detail;
  return explainUnknown(question, likest.name);
}

/** Put together field by field: spreading those that may be missing takes five times as long. */
function toAnsweredQuestion({ recogniser, identifier, scheme, issuer, role, flow, at, knownAt, name }: Question) {
  const asked: Partial<Answer['question']> = { recogniser, identifier };
  if (scheme !== undefined) asked.scheme = scheme;
  if (issuer !== undefined) asked.issuer = issuer;
  if (role !== undefined) asked.role = role;
  if (flow !== undefined) asked.flow = flow;
  asked.at = shortInstant(at);
  asked.knownAt = shortInstant(knownAt);
  if (name !== undefined) asked.name = name;
  return asked as Answer['question'];
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
  return moment && dayOrInstant(moment);
}
