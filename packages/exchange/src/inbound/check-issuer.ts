import { type ExchangeEvent, memberOf, type SetError, setError } from '@mra/exchange-protocol';
import type { Network } from '@mra/recognition';
import type { Partner } from '../partners.ts';
import { type Refusal, refuseProgramme } from './judge-record.ts';

/** Whether the partner is the issuer of the programme that an event speaks of (exchange contract, section 3). null: it may. */
export function checkIssuer(network: Network, partner: Partner, event: ExchangeEvent): Refusal | null {
  const member = memberOf(event);
  if (member === null) return null;
  const pointer = event.name === 'communicationEnded' ? '/member/programme' : '/record/programme';
  return refuseProgramme(network, partner, member.programme, pointer);
}

/** What the partner is told about a record that was put aside. */
export function errorOf({ code }: Pick<Refusal, 'code'>): SetError {
  const isForeign = code === 'ACCESS_DENIED' || code === 'UNKNOWN_PROGRAMME';
  return setError(isForeign ? 'access_denied' : 'invalid_request', `The record cannot be applied: ${code}.`);
}
