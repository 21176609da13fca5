import { z } from 'zod';
import { STREAM_STATUSES } from './events.ts';
import { count, HttpUrl, line, Seq } from './text.ts';

/** Delivery methods (SSF 1.0 section 6.1). */
export const PUSH = 'urn:ietf:rfc:8935';
export const POLL = 'urn:ietf:rfc:8936';

const EVENTS_MAX = 100;

/** Unreserved characters of a URI (SSF 1.0 section 8.1.1). */
export const StreamId = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9._~-]+$/, { error: 'must be the id of a stream' });

const EventUris = z.array(line(500).min(1)).max(EVENTS_MAX);
const Description = line(1000);

const PushDelivery = z.object({
  method: z.literal(PUSH),
  endpoint_url: HttpUrl.describe('Where the receiver takes events.'),
  authorization_header: line(4096).min(1).optional().describe('Sent with every push. A secret: not for logs.'),
});

/** The address of a poll is the transmitter's to say; one that a receiver sends is checked like other such properties. */
const PollDelivery = z.object({ method: z.literal(POLL), endpoint_url: HttpUrl.optional() });

export const DeliveryRequest = z.discriminatedUnion('method', [PushDelivery, PollDelivery]);
export type DeliveryRequest = z.infer<typeof DeliveryRequest>;

/** A stream as both sides know it (SSF 1.0 section 8.1.1). */
export const StreamConfiguration = z
  .object({
    stream_id: StreamId,
    iss: HttpUrl,
    aud: z.union([line(500).min(1), z.array(line(500).min(1)).min(1).max(20)]),
    events_supported: EventUris.optional(),
    events_requested: EventUris.optional(),
    events_delivered: EventUris,
    delivery: z.discriminatedUnion('method', [PushDelivery, PollDelivery.extend({ endpoint_url: HttpUrl })]),
    description: Description.optional(),
    min_verification_interval: count(0).optional(),
    inactivity_timeout: count(1).optional(),
  })
  .meta({ id: 'StreamConfiguration', description: 'An event stream (OpenID Shared Signals Framework 1.0).' });
export type StreamConfiguration = z.infer<typeof StreamConfiguration>;

const receiverSupplied = {
  events_requested: EventUris.optional(),
  delivery: DeliveryRequest.optional(),
  description: Description.optional(),
};

/** Body of `POST` (SSF 1.0 section 8.1.1.1). Without `delivery` the receiver polls. */
export const CreateStreamRequest = z
  .object(receiverSupplied)
  .meta({ id: 'CreateStreamRequest', description: 'What a receiver may say about a new stream.' });
export type CreateStreamRequest = z.infer<typeof CreateStreamRequest>;

/** Body of `PATCH` and `PUT` (sections 8.1.1.3 and 8.1.1.4): what the transmitter supplies may be there, and must then be right. */
export const ChangeStreamRequest = z
  .object({
    ...receiverSupplied,
    stream_id: StreamId,
    iss: StreamConfiguration.shape.iss.optional(),
    aud: StreamConfiguration.shape.aud.optional(),
    events_supported: EventUris.optional(),
    events_delivered: EventUris.optional(),
    min_verification_interval: count(0).optional(),
    inactivity_timeout: count(1).optional(),
  })
  .meta({ id: 'ChangeStreamRequest', description: 'What a receiver changes about its stream.' });
export type ChangeStreamRequest = z.infer<typeof ChangeStreamRequest>;

/** Body and answer of the status endpoint (section 8.1.2). */
export const StreamStatusBody = z
  .object({ stream_id: StreamId, status: z.enum(STREAM_STATUSES), reason: line(1000).optional() })
  .meta({
    id: 'StreamStatus',
    description: 'Whether events are transmitted: `enabled`, `paused` (kept) or `disabled`.',
  });
export type StreamStatusBody = z.infer<typeof StreamStatusBody>;

/** Body of the verification endpoint (section 8.1.4.2). */
export const VerificationRequest = z
  .object({ stream_id: StreamId, state: line(1000).optional() })
  .meta({ id: 'VerificationRequest', description: 'Asks for a verification event on the stream.' });
export type VerificationRequest = z.infer<typeof VerificationRequest>;

/** Body of the replay endpoint, an addition of this exchange: the events from there on again. */
export const ReplayRequest = z
  .object({ stream_id: StreamId, from: Seq })
  .meta({ id: 'ReplayRequest', description: 'Asks for events that were delivered before, or lost.' });
export type ReplayRequest = z.infer<typeof ReplayRequest>;

/** What comes again: `to` is before `from` where there is nothing. */
export const ReplayAnswer = z
  .object({ stream_id: StreamId, from: Seq, to: count(0) })
  .meta({ id: 'ReplayAnswer', description: 'The events that come again, by their place in the stream.' });
export type ReplayAnswer = z.infer<typeof ReplayAnswer>;
