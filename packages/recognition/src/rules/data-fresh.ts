import type { Condition } from '../decision.ts';
import type { MembershipFacts } from '../membership-types.ts';
import { addSeconds, type Instant, shortInstant } from '../time.ts';
import type { RuleContext } from './context.ts';

const code = 'DATA_FRESH';
const MET: Condition = Object.freeze({ code, met: true });

/**
 * A copy received from a partner is no older than 1.5 times the partner's cadence, counted to the instant of knowledge; older data
 * cannot say whether the member is still trusted (exchange.md section 3, domain.md H.12). Nor can a copy about which something newer
 * has arrived that could not be read. Local memberships are always fresh.
 */
export function dataFresh({ question, membership }: RuleContext): Condition {
  if (membership.source === null) return MET;
  if (membership.synchronisation?.isInDoubt) {
    return { code, met: null, detail: `a newer record from ${membership.source} could not be read` };
  }
  const staleFrom = staleFromInstant(membership);
  if (staleFrom === null) return { code, met: null, detail: `never synchronised with ${membership.source}` };
  if (question.knownAt < staleFrom) return MET;
  return { code, met: null, detail: `data of ${membership.source} too old since ${shortInstant(staleFrom)}` };
}

/** The instant from which a copy is too old if nothing more arrives; null when local or never synchronised. */
export function staleFromInstant({ synchronisation }: MembershipFacts): Instant | null {
  if (synchronisation === null || synchronisation.lastSynchronisedAt === null) return null;
  const { lastSynchronisedAt: heard, maxAgeSeconds } = synchronisation;
  if (latest.heard !== heard || latest.maxAgeSeconds !== maxAgeSeconds) {
    latest = { heard, maxAgeSeconds, staleFrom: addSeconds(heard, maxAgeSeconds) };
  }
  return latest.staleFrom;
}

/** Each question about a copy asks three times or more, and all copies of a partner were heard of at one instant. */
let latest = { heard: '', maxAgeSeconds: 0, staleFrom: '' };
