import { SUPPORTED_EVENTS } from './events.ts';
import {
  type ChangeStreamRequest,
  type CreateStreamRequest,
  type DeliveryRequest,
  POLL,
  PUSH,
  type StreamConfiguration,
} from './stream.ts';

/** What the transmitter supplies. */
export interface StreamTerms {
  readonly streamId: string;
  readonly issuer: string;
  readonly audience: string;
  /** Where this stream is polled: unique per stream (SSF 1.0 section 6.1.2). */
  readonly pollUrl: string;
  /** Origins, `https://host[:port]`, that the partner registered: events are pushed nowhere else. */
  readonly pushOrigins: readonly string[];
  readonly supported?: readonly string[];
  readonly minVerificationInterval?: number;
}

export type StreamResult =
  | { readonly ok: true; readonly configuration: StreamConfiguration }
  /** For a 400: the field, as a JSON Pointer, and what is wrong with it. */
  | { readonly ok: false; readonly pointer: string; readonly detail: string };

/** A new stream as the receiver asks for it (SSF 1.0 section 8.1.1.1). */
export function createStream(request: CreateStreamRequest, terms: StreamTerms): StreamResult {
  const supported = [...(terms.supported ?? SUPPORTED_EVENTS)];
  const delivery = settleDelivery(request.delivery, terms);
  if (!delivery.ok) return delivery;
  const { events_requested, description } = request;
  const configuration: StreamConfiguration = {
    stream_id: terms.streamId,
    iss: terms.issuer,
    aud: terms.audience,
    events_supported: supported,
    ...(events_requested !== undefined && { events_requested }),
    events_delivered: delivered(supported, events_requested),
    delivery: delivery.delivery,
    ...(description !== undefined && { description }),
    ...(terms.minVerificationInterval !== undefined && { min_verification_interval: terms.minVerificationInterval }),
  };
  return { ok: true, configuration };
}

/** `PATCH`: what is not in the request stays (section 8.1.1.3). */
export function updateStream(
  current: StreamConfiguration,
  request: ChangeStreamRequest,
  terms: StreamTerms,
): StreamResult {
  return change(current, request, terms, {
    events_requested: request.events_requested ?? current.events_requested,
    delivery: request.delivery ?? current.delivery,
    description: request.description ?? current.description,
  });
}

/** `PUT`: what the receiver supplies and is not in the request is removed (section 8.1.1.4); without `delivery` it polls. */
export function replaceStream(
  current: StreamConfiguration,
  request: ChangeStreamRequest,
  terms: StreamTerms,
): StreamResult {
  const { events_requested, delivery, description } = request;
  return change(current, request, terms, { events_requested, delivery, description });
}

type Wanted = { [Field in keyof CreateStreamRequest]-?: CreateStreamRequest[Field] | undefined };

const TRANSMITTER_SUPPLIED = [
  'stream_id',
  'iss',
  'aud',
  'events_supported',
  'events_delivered',
  'min_verification_interval',
  'inactivity_timeout',
] as const;

function change(
  current: StreamConfiguration,
  request: ChangeStreamRequest,
  terms: StreamTerms,
  wanted: Wanted,
): StreamResult {
  // Compared with what holds before the change (section 8.1.1.3).
  const wrong = TRANSMITTER_SUPPLIED.find(
    (field) => request[field] !== undefined && !isSame(request[field], current[field]),
  );
  if (wrong !== undefined) return { ok: false, pointer: `/${wrong}`, detail: 'is not what the transmitter supplied' };
  const { events_requested, delivery, description } = wanted;
  return createStream(
    {
      ...(events_requested !== undefined && { events_requested }),
      ...(delivery !== undefined && { delivery }),
      ...(description !== undefined && { description }),
    },
    terms,
  );
}

/** Lists of event types and audiences have no order. */
function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((item) => right.has(item));
}

/** Values of the request that are not known are ignored; a receiver that names none gets all (section 8.1.1). */
function delivered(supported: readonly string[], requested: readonly string[] | undefined): string[] {
  return requested === undefined ? [...supported] : supported.filter((type) => requested.includes(type));
}

function settleDelivery(
  wanted: DeliveryRequest | undefined,
  { pollUrl, pushOrigins }: StreamTerms,
): { readonly ok: true; readonly delivery: StreamConfiguration['delivery'] } | Extract<StreamResult, { ok: false }> {
  const pointer = '/delivery/endpoint_url';
  if (wanted?.method !== PUSH) {
    if (wanted?.endpoint_url !== undefined && wanted.endpoint_url !== pollUrl) {
      return { ok: false, pointer, detail: 'of a poll is for the transmitter to say' };
    }
    return { ok: true, delivery: { method: POLL, endpoint_url: pollUrl } };
  }
  // Otherwise whoever has a partner's token could have any address inside our network called.
  if (!pushOrigins.includes(new URL(wanted.endpoint_url).origin)) {
    return { ok: false, pointer, detail: 'is not at an origin registered for this partner' };
  }
  return { ok: true, delivery: wanted };
}
