import { programmeAt } from '../network.ts';
import { contains, type Instant } from '../time.ts';
import type { Condition, MembershipFacts, Network } from '../types.ts';
import type { RuleContext } from './context.ts';

const code = 'CONSENT_GIVEN';

/**
 * The trader consents to being known to the recogniser. A recorded consent decides; where none is recorded, programmes that ask for
 * consent withhold the trader and programmes that need none, or of which no consent step is known, do not (reference README).
 */
export function consentGiven({ question, network, membership, rule }: RuleContext): Condition {
  const given = consentCovers(network, membership, rule.recogniser, question.at);
  return given ? { code, met: true } : { code, met: false, detail: `no consent for ${rule.recogniser}` };
}

/** Whether a trader consents, at an instant, to being known to a partner. */
export function consentCovers(network: Network, membership: MembershipFacts, partner: string, at: Instant): boolean {
  const consent = membership.consents.find((period) => contains(period.valid, at));
  if (consent?.except.includes(partner)) return false;
  if (consent?.partners.includes(partner)) return true;
  switch (consent?.scope ?? 'unrecorded') {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'unrecorded': {
      const regime = programmeAt(network, membership.programme, at)?.consent;
      return regime === 'none' || regime === 'unknown';
    }
  }
}
