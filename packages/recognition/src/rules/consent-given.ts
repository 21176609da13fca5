import type { Condition } from '../decision.ts';
import type { ConsentPeriod, MembershipFacts } from '../membership-types.ts';
import { programmeAt, recognisingTerritories } from '../network.ts';
import type { Network } from '../network-types.ts';
import { contains, type Instant } from '../time.ts';
import type { RuleContext } from './context.ts';

const code = 'CONSENT_GIVEN';
const MET: Condition = Object.freeze({ code, met: true });

/**
 * The trader consents to being known to the recogniser. A recorded consent decides; where none is recorded, programmes that ask for
 * consent withhold the trader and programmes that need none, or of which no consent step is known, do not (reference README).
 */
export function consentGiven({ question, network, membership }: RuleContext): Condition {
  const territories = recognisingTerritories(network, question.recogniser, question.at);
  const given = consentCovers(network, membership, territories, question.at);
  return given ? MET : { code, met: false, detail: `no consent for ${question.recogniser}` };
}

/**
 * Whether a trader consents, at an instant, to being known to a recogniser.
 * @param territories the recogniser and its unions: consent for one of them is enough, withdrawn for one of them it is not given.
 */
export function consentCovers(
  network: Network,
  membership: MembershipFacts,
  territories: readonly string[],
  at: Instant,
): boolean {
  const consent = consentAt(membership, at);
  if (consent !== null && namesOneOf(consent.except, territories)) return false;
  if (consent !== null && namesOneOf(consent.partners, territories)) return true;
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

function consentAt({ consents }: MembershipFacts, at: Instant): ConsentPeriod | null {
  for (const period of consents) if (contains(period.valid, at)) return period;
  return null;
}

function namesOneOf(partners: readonly string[], territories: readonly string[]): boolean {
  return partners.length > 0 && territories.some((territory) => partners.includes(territory));
}
