import { type FactsQuestion, type LoadedFacts, loadFacts } from './facts.ts';
import type { Executor } from './network.ts';

/**
 * Queries under way at once. One while they are short: the next begins when the rows of the last have come, before they are decided,
 * and has gathered twice the questions that it would beside another; a query has a cost of its own, of five questions.
 */
const UNDER_WAY = 4;

/** A query that takes longer than this no longer keeps others waiting. */
const SHORT_MS = 10;

/** Questions of one query at most; more gain little and hold back the first. */
const MOST = 500;

interface Waiting {
  readonly question: FactsQuestion;
  readonly resolve: (facts: LoadedFacts) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Loads the facts of single questions, several at a time: those that arrive while a query is under way share the next one. A query
 * begins after every question in it has arrived, so each sees all that was committed before it was asked. Where the database refuses
 * what one of them holds, each is loaded alone, so that one cannot fail its neighbours.
 */
export function shareRoundTrips(db: Executor): (question: FactsQuestion) => Promise<LoadedFacts> {
  const waiting: Waiting[] = [];
  let underWay = 0;
  let lastBegun = 0;

  const begin = (): void => {
    if (waiting.length === 0 || underWay >= UNDER_WAY) return;
    const now = performance.now();
    if (underWay > 0 && now - lastBegun < SHORT_MS) return;
    underWay += 1;
    lastBegun = now;
    const ended = () => {
      underWay -= 1;
      begin();
    };
    answer(db, waiting.splice(0, MOST)).then(ended, ended);
  };
  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      begin();
    });
}

async function answer(db: Executor, group: readonly Waiting[]): Promise<void> {
  try {
    const loaded = await loadFacts(
      db,
      group.map(({ question }) => question),
    );
    for (const [index, { resolve, reject }] of group.entries()) {
      const facts = loaded[index];
      if (facts === undefined) reject(new Error('a question without facts'));
      else resolve(facts);
    }
  } catch (error) {
    if (group.length > 1 && isAboutData(error)) await Promise.all(group.map((alone) => answer(db, [alone])));
    else for (const { reject } of group) reject(error);
  }
}

/** SQLSTATE class 22, data exception: the fault of a value, not of the connection. */
function isAboutData(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('22');
}
