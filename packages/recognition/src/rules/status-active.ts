import type { Condition } from '../decision.ts';
import { statusesAt } from '../membership.ts';
import { issuedWithinUnion, issuingCountry } from '../network.ts';
import { contains, dayOrInstant } from '../time.ts';
import type { RuleContext } from './context.ts';
import { type Counting, countingComponents } from './type-covered.ts';

const code = 'STATUS_ACTIVE';
const MET: Condition = Object.freeze({ code, met: true });
const NOTHING: Counting = { components: [], oneIsEnough: false };

/**
 * A component through which the type counts is active at the instant asked about. Suspending AEOS ends recognition of an AEOF,
 * suspending AEOC does not (UCC DA art. 30). An authorisation whose issuing country has left the union no longer counts.
 */
export function statusActive(context: RuleContext): Condition {
  const { network, membership, issuer, type, question } = context;
  if (!issuedWithinUnion(network, issuer, membership, question.at)) {
    return { code, met: false, detail: `${issuingCountry(membership)} is not a member of ${issuer} at that time` };
  }
  const { components, oneIsEnough } = type === null ? NOTHING : countingComponents(context, type);
  let active = 0;
  for (const { component, status, valid } of membership.statuses) {
    if (status === 'active' && contains(valid, question.at) && components.includes(component)) active += 1;
  }
  if (active > 0 && active >= (oneIsEnough ? 1 : components.length)) return MET;
  const periods = statusesAt(membership, question.at).filter((period) => components.includes(period.component));
  const words = periods.map(({ component, status, valid }) => {
    const since = valid.from === null ? '' : ` since ${dayOrInstant(valid.from)}`;
    return `${component} ${status}${since}`;
  });
  return { code, met: false, detail: words.length > 0 ? words.join('; ') : 'not yet begun' };
}
