export {
  EXCHANGE_ACTOR,
  type Exchange,
  type ExchangeKeys,
  type ExchangeLog,
  type PartnerClient,
  type PartnerRequest,
  type PartnerResponse,
  PartnerUnreachable,
} from './context.ts';
export { inExchange } from './in-exchange.ts';
export { type Partner, readPartner, readPartners, registerPartners } from './partners.ts';
