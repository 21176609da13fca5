import type { Exchange, Partner, PartnerResponse } from '@mra/exchange';
import {
  type DeliveryRequest,
  metadataUrl,
  POLL,
  PUSH,
  plainHttpFields,
  readJsonObject,
  readMetadata,
  StreamConfiguration,
  SUPPORTED_EVENTS,
  type TransmitterMetadata,
} from '@mra/exchange-protocol';
import { z } from 'zod';
import { UnusableAnswer } from './unusable-answer.ts';

/** Whatever a partner says that we cannot work with; for its operators and ours. */
export class UnusablePartner extends Error {
  override readonly name = 'UnusablePartner';
}

/**
 * Our stream at a partner, with the delivery that is configured here (SSF 1.0 section 8.1.1): the one we know, changed where it must be;
 * or a new one; or one that the partner has for us already, where it makes no second.
 * @param known id of the stream we have, if any
 * @throws UnusableAnswer, UnusablePartner, PartnerUnreachable
 */
export async function ensureStream(
  exchange: Exchange,
  partner: Partner,
  known: string | null,
  signal: AbortSignal,
): Promise<StreamConfiguration> {
  const { configuration_endpoint: url } = await readPartnerMetadata(exchange, partner, signal);
  if (url === undefined) throw new UnusablePartner('its metadata name no configuration_endpoint');
  const at: StreamAddress = { exchange, partner, url, signal };
  const found = known === null ? null : await findStream(at, known);
  const configuration = found ?? (await createStream(at)) ?? (await listStream(at));
  refuseForeign(exchange, partner, configuration);
  return isAsWanted(at, configuration) ? configuration : changeStream(at, configuration);
}

interface StreamAddress {
  readonly exchange: Exchange;
  readonly partner: Partner;
  /** Its configuration endpoint. */
  readonly url: string;
  readonly signal: AbortSignal;
}

/** Null: 404, the one answer that says that the partner has it no more. */
async function findStream({ exchange, partner, url, signal }: StreamAddress, streamId: string) {
  const asked = `${url}?${new URLSearchParams({ stream_id: streamId })}`;
  const response = await exchange.client.send(partner, { method: 'GET', url: asked, signal });
  return response.status === 404 ? null : readConfiguration('asking for our stream', 200, response);
}

/** Null: the partner has one for us and makes no other. */
async function createStream(at: StreamAddress) {
  const { exchange, partner, url, signal } = at;
  const body = JSON.stringify({
    events_requested: SUPPORTED_EVENTS,
    delivery: deliveryTo(at),
    description: `Members for ${partner.actsAs}`,
  });
  const response = await exchange.client.send(partner, { method: 'POST', url, body, signal });
  return response.status === 409 ? null : readConfiguration('making a stream', 201, response);
}

async function listStream({ exchange, partner, url, signal }: StreamAddress) {
  const response = await exchange.client.send(partner, { method: 'GET', url, signal });
  if (response.status !== 200) throw new UnusableAnswer('listing our streams', response);
  const [first] = z.array(StreamConfiguration).safeParse(parsed(response.body)).data ?? [];
  if (first === undefined) throw new UnusablePartner('it has a stream for us, but does not show it');
  return first;
}

async function changeStream(at: StreamAddress, { stream_id }: StreamConfiguration) {
  const { exchange, partner, url, signal } = at;
  const body = JSON.stringify({ stream_id, events_requested: SUPPORTED_EVENTS, delivery: deliveryTo(at) });
  const response = await exchange.client.send(partner, { method: 'PATCH', url, body, signal });
  const changed = readConfiguration('changing our stream', 200, response);
  refuseForeign(exchange, partner, changed);
  if (!isAsWanted(at, changed)) throw new UnusablePartner('its stream is not as we asked for');
  return changed;
}

/** @throws UnusablePartner for the metadata of another issuer, or addresses without TLS of a partner that has it */
export async function readPartnerMetadata(
  exchange: Exchange,
  partner: Partner,
  signal: AbortSignal,
): Promise<TransmitterMetadata> {
  const response = await exchange.client.send(partner, { method: 'GET', url: metadataUrl(partner.issuer), signal });
  if (response.status !== 200) throw new UnusableAnswer('reading its metadata', response);
  const metadata = readMetadata(readJsonObject(response.body), partner.issuer);
  if (metadata === null) throw new UnusablePartner(`its metadata are not those of ${partner.issuer}`);
  refusePlainHttp(partner, metadata);
  return metadata;
}

function deliveryTo({ exchange, partner }: StreamAddress): DeliveryRequest {
  if (partner.receiveBy !== 'push') return { method: POLL };
  return { method: PUSH, endpoint_url: `${exchange.issuer}/exchange/events` };
}

function readConfiguration(what: string, status: number, response: PartnerResponse): StreamConfiguration {
  const isExpected = response.status === status;
  const { data } = StreamConfiguration.safeParse(isExpected ? readJsonObject(response.body) : null);
  if (data === undefined) throw new UnusableAnswer(what, response);
  return data;
}

/** Delivered as configured, and all of it: with a part of the events copies would be wrong. */
function isAsWanted(at: StreamAddress, { delivery, events_delivered: delivered }: StreamConfiguration): boolean {
  const wanted = deliveryTo(at);
  const isDelivered = delivery.method === POLL || delivery.endpoint_url === wanted.endpoint_url;
  return delivery.method === wanted.method && isDelivered && SUPPORTED_EVENTS.every((one) => delivered.includes(one));
}

function refuseForeign(exchange: Exchange, partner: Partner, configuration: StreamConfiguration): void {
  const { iss, aud } = configuration;
  if (iss !== partner.issuer) throw new UnusablePartner('its stream is of another issuer');
  if (![aud].flat().includes(exchange.issuer)) throw new UnusablePartner('its stream is for somebody else');
  refusePlainHttp(partner, configuration);
}

function refusePlainHttp({ issuer }: Partner, document: TransmitterMetadata | StreamConfiguration): void {
  const plain = issuer.startsWith('https:') ? plainHttpFields(document) : [];
  if (plain.length > 0) throw new UnusablePartner(`not https: ${plain.join(', ')}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
