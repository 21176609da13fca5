import type { Condition } from '../decision.ts';
import { normaliseIdentifier } from '../identifiers/normalise.ts';
import type { AgreementTerms, RecognitionRule } from '../network-types.ts';
import { type Instant, startOfDay, startWindow } from '../time.ts';
import type { RuleContext } from './context.ts';

const code = 'AGREEMENT_IN_FORCE';
const NOT_LISTED: Condition = Object.freeze({
  code,
  met: false,
  detail: 'a pilot, which counts only for the members on its list',
});

/**
 * The agreement is in force in this direction at the instant asked about, or is a pilot that lists the member.
 * Source of the rule: {@link directionInForce}.
 */
export function agreementInForce({ question, membership, issuer, agreement, rule }: RuleContext): Condition {
  if (agreement.lifeCycle === 'pilot') {
    const own = normaliseIdentifier(membership.number);
    if (!rule.pilotMembers?.some((number) => normaliseIdentifier(number) === own)) return NOT_LISTED;
  }
  return directionInForce(agreement, rule, issuer, question.at);
}

/**
 * Whether one direction of an agreement is in force at an instant, or runs as a pilot, whoever is asked about.
 * A start known only to the month or year, or not at all, is unknown (null) while it could have happened and not be certain
 * (api.md section 2). Sources: the dates of each agreement; domain.md finding 2 (signed is not in force, staged starts).
 */
export function directionInForce(
  agreement: AgreementTerms,
  rule: RecognitionRule,
  issuer: string,
  at: Instant,
): Condition {
  const { earliest, certain, before, between, since } = directionOf(agreement, rule, issuer);
  return at < earliest ? before : at < certain ? between : since;
}

interface Direction {
  readonly agreement: AgreementTerms;
  readonly issuer: string;
  readonly earliest: Instant;
  readonly certain: Instant;
  readonly before: Condition;
  readonly between: Condition;
  readonly since: Condition;
}

/** Worked out once for each direction of an agreement: thousands of questions a second ask for the same. */
const directions = new WeakMap<RecognitionRule, Direction>();

function directionOf(agreement: AgreementTerms, rule: RecognitionRule, issuer: string): Direction {
  const known = directions.get(rule);
  if (known !== undefined && known.agreement === agreement && known.issuer === issuer) return known;
  const direction = { agreement, issuer, ...workOutDirection(agreement, rule, issuer) };
  directions.set(rule, direction);
  return direction;
}

function workOutDirection(
  agreement: AgreementTerms,
  rule: RecognitionRule,
  issuer: string,
): Omit<Direction, 'agreement' | 'issuer'> {
  if (agreement.lifeCycle !== 'in_force' && agreement.lifeCycle !== 'pilot') {
    const signed = agreement.lifeCycle === 'signed' && agreement.signedOn ? ` on ${agreement.signedOn}` : '';
    return never(`not in force: ${agreement.lifeCycle.replaceAll('_', ' ')}${signed}`);
  }
  const waiting = agreement.partyEffective.find(
    (start) => !start.effective && (start.party === issuer || start.party === rule.recogniser),
  );
  if (waiting) return never(`${waiting.party} has signed but has not begun`);

  const { earliest, certain, words } = startOf(agreement, rule, issuer);
  return {
    earliest,
    certain,
    before: Object.freeze({ code, met: false, detail: `not in force before ${words}` }),
    between: Object.freeze({ code, met: null, detail: `start not known exactly: ${words}` }),
    since: Object.freeze({ code, met: true, detail: `in force since ${words}` }),
  };
}

function never(detail: string): Omit<Direction, 'agreement' | 'issuer'> {
  const condition: Condition = Object.freeze({ code, met: false, detail });
  return { earliest: '', certain: '', before: condition, between: condition, since: condition };
}

interface Start {
  readonly earliest: Instant;
  readonly certain: Instant;
  readonly words: string;
}

/** The instants at which a rule can begin and has certainly begun. */
export function startOf(agreement: AgreementTerms, rule: RecognitionRule, issuer: string): Start {
  const staged = agreement.partyEffective.filter((start) => start.party === issuer || start.party === rule.recogniser);
  const own = rule.effectiveFrom ?? agreement.inForceOn;
  // A pair begins when the later of its two parties does (AAMRA; domain.md A.6).
  const known = [own, ...staged.map((start) => start.from)].filter((day) => day !== null);
  const open = own === null || (rule.effectiveFrom === null && staged.some((start) => start.from === null));
  const windows = known.map((day) => ({ ...startWindow(day), words: day }));
  if (!open) {
    return {
      earliest: latest(windows.map((window) => window.earliest)),
      certain: latest(windows.map((window) => window.certain)),
      words: windows.reduce((a, b) => (b.certain > a.certain ? b : a)).words,
    };
  }
  const signed = agreement.signedOn === null ? [] : [startWindow(agreement.signedOn)];
  return {
    earliest: latest([...windows, ...signed].map((window) => window.earliest)),
    certain: latest([startOfDay(agreement.reviewedOn), ...[...windows, ...signed].map((window) => window.certain)]),
    words: `an unknown day after ${agreement.signedOn ? `signature (${agreement.signedOn})` : 'signature'}, certain from ${agreement.reviewedOn}, when these data were reviewed`,
  };
}

const latest = (instants: readonly Instant[]): Instant => instants.reduce((a, b) => (b > a ? b : a), '');
