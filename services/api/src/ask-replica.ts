import { type Audience, addSeconds, type Instant, type OpenQuestion } from '@mra/recognition';
import type { Answered, Decider } from '@mra/registry';
import { behind, PATIENCE_MS, type Replica } from './freshness.ts';

/** By how much the clocks of servers may differ: a `knownAt` that another instance has given is not taken for the future. */
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Asks a decider whose database is a streaming replica. What is known "now" is what has certainly arrived, and the answer says up to
 * when (`knownAt`); what a question is about, if it does not say, is still the present moment, so that an end recorded beforehand counts.
 * @param replica how far it had got before, and the clock of this process
 * @throws SERVICE_UNAVAILABLE where it has not received all that was known at the `knownAt` of a question, or has lost what it had
 */
export async function askReplica(
  decider: Decider,
  questions: readonly OpenQuestion[],
  audience: Audience,
  { state, reached, now }: Replica & { readonly now: Instant },
): Promise<readonly Answered[]> {
  const clock = later(now, state.present);
  const limit = addSeconds(clock, CLOCK_TOLERANCE_SECONDS);
  const wanted = questions.map(({ knownAt }) => knownAt ?? '').filter((knownAt) => knownAt <= limit);
  const latest = wanted.reduce(later, state.present);
  if (latest > state.present) await reached(({ present }) => present >= latest, PATIENCE_MS);
  const answered = await decider.ask(
    questions.map((question) => ({ ...question, at: question.at ?? clock })),
    audience,
  );
  for (const [index, answer] of answered.entries()) {
    const present = answer.kind === 'answered' ? answer.decidedAt : answer.now;
    // A server that crashed may come back with less than it had.
    if (present < state.present) throw behind('This read-only instance has to catch up.');
    const knownAt = questions[index]?.knownAt ?? null;
    if (answer.kind === 'not_yet_known' && knownAt !== null && knownAt <= limit)
      throw behind(`What was known after ${present} has not arrived here.`);
  }
  return answered;
}

function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}
