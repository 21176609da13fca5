import type { Condition } from '../decision.ts';
import type { MembershipFacts } from '../membership-types.ts';
import { contains, dayOrInstant } from '../time.ts';
import type { RuleContext } from './context.ts';

const code = 'NOT_LOCALLY_SUSPENDED';
const MET: Condition = Object.freeze({ code, met: true });

/** The recogniser has not suspended the benefits that it gives to this member (2012/290/EU, each side may; domain.md C.6). */
export function notLocallySuspended({ question, rule, membership }: RuleContext): Condition {
  if (membership.localSuspensions.length === 0) return MET;
  const [suspension] = membership.localSuspensions
    .filter(({ recogniser }) => recogniser === rule.recogniser || recogniser === question.recogniser)
    .filter(({ valid }) => contains(valid, question.at))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  if (suspension === undefined) return MET;
  const since = suspension.valid.from === null ? '' : ` since ${dayOrInstant(suspension.valid.from)}`;
  return { code, met: false, detail: `suspended by ${suspension.recogniser}${since}` };
}

const keyOf = ({ recogniser, valid }: MembershipFacts['localSuspensions'][number]): string =>
  `${recogniser}${valid.from ?? ''}`;
