import { problem } from '@mra/contracts';
import { type Exchange, inExchange, type Partner, readPartner } from '@mra/exchange';
import type { FastifyRequest } from 'fastify';
import type { Dependencies } from '../../dependencies.ts';

/** A call of a partner: what it works with, and who calls. */
export interface PartnerCall {
  readonly exchange: Exchange;
  readonly partner: Partner;
}

/**
 * The registered partner for which the caller acts (`administration` of its token).
 * @throws WRONG_ADMINISTRATION to everybody else, whatever there is: only partners can tell what exists
 */
export async function callingPartner(
  { exchange = null }: Pick<Dependencies, 'exchange'>,
  { caller }: Pick<FastifyRequest, 'caller'>,
): Promise<PartnerCall> {
  const { administration } = caller;
  // Without an administration the transaction would be that of the exchange itself.
  const partner =
    exchange === null || administration === null
      ? null
      : await inExchange(exchange.db, (tx) => readPartner(tx, administration), administration);
  if (exchange === null || partner === null) {
    throw problem('WRONG_ADMINISTRATION', { detail: 'The token acts for no partner of this deployment.' });
  }
  return { exchange, partner };
}
