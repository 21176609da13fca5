import type { StreamTerms } from '@mra/exchange-protocol';
import type { Exchange } from '../context.ts';
import { originsOf } from '../origins.ts';
import type { Partner } from '../partners.ts';

/** Verifications may be asked for once in this time: one costs an event that is kept and delivered like every other. */
export const MIN_VERIFICATION_SECONDS = 10;

/** What this deployment supplies of the configuration of a partner's stream. */
export function termsOf({ issuer }: Exchange, partner: Partner, streamId: string): StreamTerms {
  return {
    streamId,
    issuer,
    audience: partner.issuer,
    pollUrl: `${issuer}/exchange/streams/${streamId}/poll`,
    pushOrigins: originsOf(partner),
    minVerificationInterval: MIN_VERIFICATION_SECONDS,
  };
}
