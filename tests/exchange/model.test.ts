import { compareDigest, loadSnapshot } from '@mra/exchange';
import { decide, type Instant, type Question } from '@mra/recognition';
import { createDecider, type Decider } from '@mra/registry';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type AgreementChange, putBack, recordChange } from '../support/agreement-changes.ts';
import { anEventOf, aRecord, BOUNDS } from '../support/arbitrary-members.ts';
import { type Action, perform } from '../support/registry-actions.ts';
import { logHead, replay } from '../support/replay.ts';
import { runTimers, toldOf } from './streams.ts';
import { createTwoNodes, type InFlight, type Settlement, type TwoNodes } from './two-nodes.ts';

/**
 * Two nodes and whatever can happen between them. When the faults end, both agree with each other and with an oracle: the log of the sender
 * folded and decided by the pure core alone. At no time, and for no moment asked about, does the receiver recognise whom the oracle does not.
 */

const RUNS = Number(process.env.MODEL_RUNS ?? 50);
const NUMBERS = ['DEAEOF00012345', 'FRAEOS0000777', 'DEAEOC00000009'] as const;
const AGREEMENT = 'eu-jp-2010';

type Step =
  | { readonly kind: 'record'; readonly action: Action }
  | { readonly kind: 'agreement'; readonly change: AgreementChange }
  | { readonly kind: 'time passes' }
  /** What is outstanding is sent, and arrives as the fault has it. */
  | { readonly kind: 'send'; readonly fault: Fault; readonly most: number; readonly skew: number }
  /** Something sent earlier arrives once more, maybe altered. */
  | { readonly kind: 'replay'; readonly which: number; readonly altered: boolean }
  /** Undelivered events are gone at the sender. */
  | { readonly kind: 'lose outbox' }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'compare' }
  | { readonly kind: 'by hand'; readonly statement: string };

type Fault = 'none' | 'lost' | 'answer lost' | 'first lost' | 'reversed' | 'twice';

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(...NUMBERS).chain((number) =>
      fc
        .oneof(
          {
            weight: 2,
            arbitrary: fc.record({ record: aRecord('eu-aeo'), kind: fc.constant('membership' as const) }),
          },
          { weight: 3, arbitrary: fc.record({ event: anEventOf('eu-aeo'), kind: fc.constant('event' as const) }) },
        )
        .map((what): Step => ({ kind: 'record', action: actionOn(number, what) })),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        agreement: fc.constant(AGREEMENT),
        from: fc.constant(null),
        lifeCycle: fc.constantFrom('in_force' as const, 'in_force' as const, 'suspended' as const),
      })
      .map((change): Step => ({ kind: 'agreement', change })),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'time passes' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      fault: fc.constantFrom<Fault>('none', 'none', 'lost', 'answer lost', 'first lost', 'reversed', 'twice'),
      most: fc.constantFrom(1, 2, 100),
      skew: fc.constantFrom(0, 0, -45, 3600),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('replay' as const), which: fc.nat(50), altered: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'lose outbox' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'snapshot' }, { kind: 'compare' }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        `update membership_status set status = 'suspended' where upper_inf(known) and status = 'active'`,
        `delete from copy`,
        `update copy set record = jsonb_set(record, '{type}', '"AEOC"') where record is not null`,
        `update membership_record set names = '[]' where upper_inf(known)`,
      )
      .map((statement): Step => ({ kind: 'by hand', statement })),
  },
);

function actionOn(
  number: string,
  what:
    | { readonly kind: 'membership'; readonly record: Extract<Action, { kind: 'membership' }>['record'] }
    | { readonly kind: 'event'; readonly event: Extract<Action, { kind: 'event' }>['event'] },
): Action {
  const named = { programme: 'eu-aeo', number };
  if (what.kind === 'event') return { ...what, ...named };
  // An identifier of one member that another has too goes to quarantine, which the tests of the receiver cover.
  const identifiers = [{ scheme: 'eori', value: `DE${number.slice(-5)}`, validFrom: null, validTo: null }];
  return { kind: 'membership', record: { ...what.record, identifiers }, source: null, ...named };
}

let nodes: TwoNodes;
let deciders: Readonly<Record<'eu' | 'jp', Decider>>;
beforeAll(async () => {
  nodes = await createTwoNodes();
  const deciderOf = ({ db, networks }: TwoNodes['eu']['database']) => createDecider(db, networks);
  deciders = { eu: deciderOf(nodes.eu.database), jp: deciderOf(nodes.jp.database) };
});

class Run {
  readonly sent: InFlight[] = [];
  #settled: Settlement = { ack: [], setErrs: {}, askFrom: null };

  async take(step: Step): Promise<void> {
    const { eu, jp } = nodes;
    if (step.kind === 'record') return perform(eu.database, step.action);
    if (step.kind === 'agreement') {
      // Each side has the terms of the agreement in its own reference data.
      await recordChange(eu.database.db, step.change);
      await recordChange(jp.database.db, step.change);
      return;
    }
    if (step.kind === 'time passes') return runTimers(eu.database);
    if (step.kind === 'send') return this.send(step.fault, step.most, step.skew);
    if (step.kind === 'replay') return this.replay(step.which, step.altered);
    if (step.kind === 'lose outbox') {
      await eu.database.asOwner('delete from outbox where settled_at is null');
      return;
    }
    if (step.kind === 'snapshot') return this.loadSnapshot();
    if (step.kind === 'compare') return void (await compareDigest(jp.exchange, jp.partner, { eventsMs: 0 }));
    await jp.database.asOwner(step.statement);
  }

  async send(fault: Fault, most = 100, skew = 0): Promise<void> {
    const settled = this.#settled;
    const sets = await nodes.poll({ maxEvents: most, ack: [...settled.ack], setErrs: settled.setErrs });
    this.#settled = { ack: [], setErrs: {}, askFrom: null };
    this.sent.push(...sets);
    const arrived = {
      none: sets,
      'answer lost': sets,
      lost: [],
      'first lost': sets.slice(1),
      reversed: sets.toReversed(),
      twice: [...sets, ...sets],
    }[fault];
    const settlement = await nodes.deliver(arrived, skew);
    // What the receiver would say is lost: it must hear all of it again.
    if (fault !== 'answer lost') this.#settled = settlement;
    if (settlement.askFrom !== null && !(await nodes.askAgain(settlement.askFrom))) await this.loadSnapshot();
  }

  async replay(which: number, altered: boolean): Promise<void> {
    const set = this.sent[which % Math.max(1, this.sent.length)];
    if (set === undefined) return;
    const [header = '', payload = '', signature = ''] = set.compact.split('.');
    const swapped = payload.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const { ack, setErrs } = await nodes.deliver([
      { ...set, compact: altered ? `${header}.${swapped}.${signature}` : set.compact },
    ]);
    if (altered) expect({ ack, refused: Object.keys(setErrs) }).toEqual({ ack: [], refused: [set.jti] });
  }

  async loadSnapshot(): Promise<void> {
    const { eu, jp } = nodes;
    await runTimers(eu.database);
    await loadSnapshot(jp.exchange, jp.partner, { allowShrinkTo: 0 });
  }

  /** The faults end. */
  async settle(): Promise<void> {
    await runTimers(nodes.eu.database);
    await nodes.heartbeat();
    for (let round = 0; round < 10; round += 1) {
      const before = this.sent.length;
      await this.send('none');
      if (this.sent.length === before) break;
    }
    await compareDigest(nodes.jp.exchange, nodes.jp.partner, { eventsMs: 0 });
    await this.send('none');
  }
}

/** What the log of the sender says, by nothing but the core. */
async function oracleOf(after: number, knownAt: Instant): Promise<(at: Instant) => readonly string[]> {
  const { database } = nodes.eu;
  const [facts, network] = [await replay(database, after, knownAt), await database.networks.current()];
  return (at) =>
    NUMBERS.map((identifier) => {
      const question: Question = { recogniser: 'JP', identifier, at, knownAt };
      const memberships = facts.filter(({ number }) => number === identifier);
      const { outcome, reason } = decide(question, { network, memberships });
      return `${identifier} ${outcome} ${reason}`;
    });
}

/** Answers at each of these moments, as known at an instant; null: now. */
async function answers(
  decider: Decider,
  moments: readonly Instant[],
  knownAt: Instant | null,
): Promise<readonly (readonly string[])[]> {
  const questions = moments.flatMap((at) =>
    NUMBERS.map((identifier) => ({ recogniser: 'JP', identifier, at, knownAt })),
  );
  const answered = await decider.ask(questions, { administration: null });
  const texts = answered.map((answer) => {
    if (answer.kind !== 'answered') throw new Error('asked before its instant of knowledge');
    return `${answer.question.identifier} ${answer.decision.outcome} ${answer.decision.reason}`;
  });
  return moments.map((_, place) => texts.slice(place * NUMBERS.length, (place + 1) * NUMBERS.length));
}

/** Whether the moment is one for which the receiver has been told of the member. */
const isToldOf = (told: Awaited<ReturnType<typeof toldOf>>, number: string, at: Instant) =>
  told.some((member) => member.number === number && at >= (member.from ?? '') && at < (member.to ?? '9'));

const outcomeOf = (answer: string) => answer.split(' ')[1];

test(`after ${RUNS} runs of random changes and faults, both nodes agree with each other and with the oracle`, async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
    await nodes.reset();
    const after = await logHead(nodes.eu.database);
    const run = new Run();
    for (const one of steps) await run.take(one);
    await run.settle();
    const now = new Date().toISOString();
    const told = await toldOf(nodes.eu.database, 'JP');
    const oracle = await oracleOf(after, now);
    const moments = [now, ...BOUNDS];
    const [fromEu] = await answers(deciders.eu, [now], now);
    const fromJp = await answers(deciders.jp, moments, null);
    for (const [index, at] of moments.entries()) {
      const expected = oracle(at);
      const received = fromJp[index] ?? [];
      if (at === now) {
        expect(fromEu).toEqual(expected);
        // Of whom the receiver is not told, it knows nothing.
        expect(received).toEqual(
          expected.map((one, place) => {
            const number = NUMBERS[place] ?? '';
            return told.some((member) => member.number === number) ? one : `${number} not_recognised UNKNOWN_TRADER`;
          }),
        );
        expect(received.map(outcomeOf)).toEqual(expected.map(outcomeOf));
      }
      // A consent corrected after the communication had ended is no event: of such moments the receiver has what it was told then.
      const wrong = received.filter(
        (one, place) =>
          one.endsWith(' RECOGNISED') &&
          one !== expected[place] &&
          (at >= now || isToldOf(told, NUMBERS[place] ?? '', at)),
      );
      expect({ at, wrong }).toEqual({ at, wrong: [] });
    }
  });
  await fc.assert(property.beforeEach(restoreAgreement), { numRuns: RUNS, endOnFailure: false });
}, 3_600_000);

const original = new Map<string, Parameters<typeof putBack>[1]>();
async function restoreAgreement(): Promise<void> {
  for (const [name, { database }] of Object.entries({ eu: nodes.eu, jp: nodes.jp })) {
    const terms = original.get(name);
    if (terms !== undefined) await putBack(database.db, terms);
    else original.set(name, await recordChange(database.db, { agreement: AGREEMENT, from: null }));
  }
}
