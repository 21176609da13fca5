import { type Audience, type Decision, decide, type Instant, type OpenQuestion, type Question } from '@mra/recognition';
import { loadFacts } from './facts.ts';
import type { NetworkCache } from './network.ts';
import type { Database } from './pool.ts';

export type Answered =
  | {
      readonly kind: 'answered';
      /** With the instants that were used. */
      readonly question: Question;
      readonly decision: Decision;
      readonly decidedAt: Instant;
      readonly networkVersion: number;
    }
  /** `knownAt` lies in the future: nothing is known then yet, and an answer could not stay the same. */
  | { readonly kind: 'not_yet_known'; readonly now: Instant };

export interface Decider {
  ask(questions: readonly OpenQuestion[], audience: Audience): Promise<readonly Answered[]>;
}

/** Answers questions from the database: facts in one query for all of them, the network from memory by its version. */
export function createDecider(db: Database, networks: NetworkCache): Decider {
  return {
    async ask(questions, audience) {
      if (questions.length === 0) return [];
      const loaded = await loadFacts(db, questions);
      const versions = [...new Set(loaded.map(({ networkVersion }) => networkVersion))];
      const network = new Map(await Promise.all(versions.map(async (version) => [version, await networks.get(version)] as const)));
      return questions.map((asked, index): Answered => {
        const facts = loaded[index];
        const known = facts && network.get(facts.networkVersion);
        if (facts === undefined || known === undefined) throw new Error('a question without facts');
        if (facts.knownAt > facts.now) return { kind: 'not_yet_known', now: facts.now };
        const question: Question = { ...asked, at: asked.at ?? facts.now, knownAt: facts.knownAt };
        const decision = decide(question, { network: known, memberships: facts.memberships }, audience);
        return { kind: 'answered', question, decision, decidedAt: facts.now, networkVersion: facts.networkVersion };
      });
    },
  };
}
