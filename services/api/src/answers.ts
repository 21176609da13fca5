import {
  type Answer,
  type BatchItemAnswer,
  type FieldError,
  invalidAnswer,
  NOT_YET_KNOWN,
  type QuestionReading,
  toAnswer,
} from '@mra/contracts';
import { checkDigit } from '@mra/identifiers';
import {
  type Audience,
  firstMatchingSchemes,
  type Network,
  normaliseIdentifier,
  type OpenQuestion,
  type Question,
} from '@mra/recognition';
import type { Answered } from '@mra/registry';
import { askReplica } from './ask-replica.ts';
import type { Dependencies } from './dependencies.ts';
import type { Replica } from './freshness.ts';
import { createQuestionReader } from './questions.ts';
import { wrongFields } from './wrong-fields.ts';

/** The most telling forms are shown; a short code fits many schemes. */
const MOST_SCHEMES = 5;

export interface Answers {
  /**
   * The answer to one question as received. Throws VALIDATION_FAILED naming every bad field.
   * @param replica how far the database has got, where it is a replica
   */
  one(item: unknown, audience: Audience, replica?: Replica | null): Promise<Answer>;
  /** Every bad field of one question as received; of which there are none of a good one. */
  errorsOf(item: unknown): Promise<readonly FieldError[]>;
  /**
   * One answer for each item, in order; a bad one gets outcome `invalid`. One query, whatever their number.
   * @returns each answer is made when it is taken, once: whoever writes and forgets one before the next holds one
   */
  many(items: readonly unknown[], audience: Audience, replica?: Replica | null): Promise<Iterable<BatchItemAnswer>>;
}

/** Answers questions as they come over HTTP: reads them, lets the registry decide, writes the answer. */
export function createAnswers({
  decider,
  networks,
  metrics,
  now,
}: Pick<Dependencies, 'decider' | 'networks' | 'metrics' | 'now'>): Answers {
  const ask = (questions: readonly OpenQuestion[], audience: Audience, replica: Replica | null) =>
    replica === null
      ? decider.ask(questions, audience)
      : askReplica(decider, questions, audience, { ...replica, now: now() });
  const reader = createQuestionReader(networks, now);
  const readOne = async (item: unknown): Promise<OpenQuestion> => {
    const [reading] = await reader.read([item]);
    if (reading === undefined || !reading.ok) throw wrongFields(reading?.errors ?? []);
    return reading.question;
  };
  const written = (answered: Answered): Answer | null => {
    if (answered.kind === 'not_yet_known') return null;
    const { decision, question, decidedAt, networkVersion, schemes } = answered;
    metrics.countDecision(decision.outcome, decision.reason);
    const identifier = readIdentifier(question, schemes);
    return toAnswer(decision, question, { decidedAt, networkVersion, identifier });
  };
  function* answersTo(
    items: readonly unknown[],
    readings: readonly QuestionReading[],
    toQuestions: readonly Answered[],
  ): Generator<BatchItemAnswer> {
    const answered = toQuestions.values();
    for (const [index, reading] of readings.entries()) {
      const next = reading.ok ? answered.next().value : undefined;
      const answer = next && written(next);
      yield answer ?? invalidAnswer(echo(items[index]), reading.ok ? [NOT_YET_KNOWN] : reading.errors);
    }
  }
  return {
    async one(item, audience, replica = null) {
      const [answered] = await ask([reader.readKnown(item) ?? (await readOne(item))], audience, replica);
      const answer = answered && written(answered);
      if (!answer) throw wrongFields([NOT_YET_KNOWN]);
      return answer;
    },
    async errorsOf(item) {
      const [reading] = await reader.read([item]);
      return reading === undefined || reading.ok ? [] : reading.errors;
    },
    async many(items, audience, replica = null) {
      const readings = await reader.read(items);
      const asked = readings.flatMap((reading) => (reading.ok ? [reading.question] : []));
      return answersTo(items, readings, await ask(asked, audience, replica));
    },
  };
}

/** Far deeper than a question; JSON.stringify ends with a stack overflow at a few thousand. */
const DEEPEST_ECHO = 32;

/** A bad item as it is repeated to its sender: null in place of one nested so deep that writing it would fail the whole batch. */
function echo(item: unknown): unknown {
  return isShallow(item, DEEPEST_ECHO) ? item : null;
}

function isShallow(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  return depth > 0 && Object.values(value).every((part) => isShallow(part, depth - 1));
}

/** What an identifier looks like, from its text alone: so that whoever wrote it wrongly sees where. */
function readIdentifier(
  { identifier, scheme: stated, at }: Question,
  known: Network['schemes'],
): NonNullable<Answer['identifier']> {
  const normalised = normaliseIdentifier(identifier);
  const day = at.slice(0, 10);
  const order = { most: MOST_SCHEMES, first: stated };
  const schemes = firstMatchingSchemes(normalised, known, order, ({ scheme, name }, index) => {
    const digit = checkDigit(scheme, normalised, day);
    // What the caller says it is, or what it looks like most, is shown even if a check digit fails: that is where it was written wrongly.
    // Lesser likenesses are not.
    return index > 0 && digit === 'invalid' ? null : { scheme, name, checkDigit: digit };
  });
  return { normalised, schemes };
}
