import type { Condition } from '../decision.ts';
import { statusesAt } from '../membership.ts';
import { issuedWithinUnion, issuingCountry } from '../network.ts';
import { dayOrInstant } from '../time.ts';
import type { RuleContext } from './context.ts';
import { countingComponents } from './type-covered.ts';

const code = 'STATUS_ACTIVE';

/**
 * A component through which the type counts is active at the instant asked about. Suspending AEOS ends recognition of an AEOF,
 * suspending AEOC does not (UCC DA art. 30). An authorisation whose issuing country has left the union no longer counts.
 */
export function statusActive(context: RuleContext): Condition {
  const { network, membership, issuer, type, question } = context;
  if (!issuedWithinUnion(network, issuer, membership, question.at)) {
    return { code, met: false, detail: `${issuingCountry(membership)} is not a member of ${issuer} at that time` };
  }
  const counting = type === null ? { components: [], oneIsEnough: false } : countingComponents({ ...context, type });
  const periods = statusesAt(membership, question.at).filter((period) =>
    counting.components.includes(period.component),
  );
  const active = periods.filter((period) => period.status === 'active').length;
  const needed = counting.oneIsEnough ? 1 : counting.components.length;
  if (active > 0 && active >= needed) return { code, met: true };
  const words = periods.map(({ component, status, valid }) => {
    const since = valid.from === null ? '' : ` since ${dayOrInstant(valid.from)}`;
    return `${component} ${status}${since}`;
  });
  return { code, met: false, detail: words.length > 0 ? words.join('; ') : 'not yet begun' };
}
