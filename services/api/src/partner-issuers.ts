import type { Exchange, Partner } from '@mra/exchange';
import type { TrustedIssuer } from '@mra/http';

/**
 * Partners as issuers of their own access tokens, signed with their registered keys: for development alone. Such a token is for this
 * deployment, of scope `exchange`, and acts for the partner itself, or it is refused.
 */
export function partnerIssuers(
  { issuer, keysOf }: Pick<Exchange, 'issuer' | 'keysOf'>,
  partners: readonly Partner[],
): readonly TrustedIssuer[] {
  return partners.map((partner) => ({
    issuer: partner.issuer,
    jwks: keysOf(partner),
    audience: issuer,
    allowed: { scopes: ['exchange'], administration: partner.code },
  }));
}
