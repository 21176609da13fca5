import type { Partner } from './partners.ts';

/** Origins that operators registered for a partner: no address elsewhere is called as us, whatever a document of the partner says. */
export function originsOf(partner: Pick<Partner, 'issuer' | 'pushOrigins'>): readonly string[] {
  return [...new Set([new URL(partner.issuer).origin, ...partner.pushOrigins])];
}
