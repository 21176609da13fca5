import {
  type Audience,
  type Decision,
  decide,
  type Instant,
  type Network,
  type OpenQuestion,
  type Question,
} from '@mra/recognition';
import { type LoadedFacts, loadFacts } from './facts.ts';
import { eachInTurns } from './map-in-turns.ts';
import type { NetworkCache } from './network.ts';
import type { Database } from './pool.ts';
import { shareRoundTrips } from './shared-round-trips.ts';

/** The answer to one question. */
export interface AnsweredQuestion {
  readonly kind: 'answered';
  /** With the instants that were used. */
  readonly question: Question;
  /** Made each time that it is looked at, as a rule: of many questions each is decided, written and forgotten before the next. */
  readonly decision: Decision;
  readonly decidedAt: Instant;
  readonly networkVersion: number;
  /** The identifier schemes that were known then. */
  readonly schemes: Network['schemes'];
}

export type Answered =
  | AnsweredQuestion
  /** `knownAt` lies in the future: nothing is known then yet, and an answer could not stay the same. */
  | { readonly kind: 'not_yet_known'; readonly now: Instant };

export interface Decider {
  ask(questions: readonly OpenQuestion[], audience: Audience): Promise<readonly Answered[]>;
}

/**
 * Answers questions from the database: facts in one query for all of them (single questions that arrive together share one), the
 * network from memory by its version.
 */
export function createDecider(db: Database, networks: NetworkCache): Decider {
  const loadShared = shareRoundTrips(db);
  return {
    async ask(questions, audience) {
      const [first] = questions;
      if (first === undefined) return [];
      if (questions.length === 1) {
        const facts = await loadShared(first);
        return [answer(first, facts, await networks.get(facts.networkVersion), audience)];
      }
      const loaded = await loadFacts(db, questions);
      const indexes = Map.groupBy(questions.keys(), (index) => loaded[index]?.networkVersion ?? 0);
      const answers: Answered[] = [];
      // Version by version, whatever their order: a batch may ask about more versions than are kept in memory. What is decided under one
      // of several is decided here, so that its network can go.
      for (const [version, ofVersion] of indexes) {
        const network = await networks.get(version);
        await eachInTurns(ofVersion, (index) => {
          const one = answer(questions[index], loaded[index], network, audience);
          const isKept = indexes.size === 1 || one.kind !== 'answered';
          answers[index] = isKept ? one : { ...one, decision: one.decision };
        });
      }
      return answers;
    },
  };
}

function answer(
  asked: OpenQuestion | undefined,
  facts: LoadedFacts | undefined,
  network: Network,
  audience: Audience,
): Answered {
  if (asked === undefined || facts === undefined) throw new Error('a question without facts');
  if (facts.knownAt > facts.now) return { kind: 'not_yet_known', now: facts.now };
  return new Decidable({ ...asked, at: asked.at ?? facts.now, knownAt: facts.knownAt }, facts, network, audience);
}

/** A question with all that is needed to decide it; a class for the reason of `FactsInRows`. */
class Decidable implements AnsweredQuestion {
  readonly kind = 'answered';
  readonly question: Question;
  readonly decidedAt: Instant;
  readonly networkVersion: number;
  readonly schemes: Network['schemes'];
  readonly #facts: LoadedFacts;
  readonly #network: Network;
  readonly #audience: Audience;

  constructor(question: Question, facts: LoadedFacts, network: Network, audience: Audience) {
    this.question = question;
    this.decidedAt = facts.now;
    this.networkVersion = facts.networkVersion;
    this.schemes = network.schemes;
    this.#facts = facts;
    this.#network = network;
    this.#audience = audience;
  }

  get decision(): Decision {
    const facts = { network: this.#network, memberships: this.#facts.memberships };
    return decide(this.question, facts, this.#audience);
  }
}
