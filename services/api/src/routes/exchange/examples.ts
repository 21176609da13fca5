import { setExample } from './set-example.ts';

/** What the document shows of partner calls: JP receives from EU. */
export const STREAM_ID = 'f67e39a0-a4d3-4d56-b3aa-1bc4cff0069f';

const TYPES = [
  'urn:aeo-mra:event:membership-published',
  'urn:aeo-mra:event:status-changed',
  'urn:aeo-mra:event:communication-ended',
  'urn:aeo-mra:event:record-corrected',
];

const polled = {
  stream_id: STREAM_ID,
  iss: 'https://aeo.eu.example',
  aud: 'https://aeo.jp.example',
  events_supported: TYPES,
  events_delivered: TYPES,
  delivery: {
    method: 'urn:ietf:rfc:8936',
    endpoint_url: `https://aeo.eu.example/exchange/streams/${STREAM_ID}/poll`,
  },
  description: 'Members of the EU for Japan',
  min_verification_interval: 10,
} as const;

const delivery = {
  method: 'urn:ietf:rfc:8935',
  endpoint_url: 'https://aeo.jp.example/exchange/events',
} as const;

const { jti: JTI, compact: SET } = setExample;

export const examples = {
  metadata: {
    transmitter: {
      value: {
        spec_version: '1_0',
        issuer: 'https://aeo.eu.example',
        jwks_uri: 'https://aeo.eu.example/.well-known/jwks.json',
        delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
        configuration_endpoint: 'https://aeo.eu.example/exchange/streams',
        status_endpoint: 'https://aeo.eu.example/exchange/streams/status',
        verification_endpoint: 'https://aeo.eu.example/exchange/streams/verify',
        authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
        default_subjects: 'ALL',
      },
    },
  },
  keys: {
    one: {
      value: {
        keys: [
          {
            kty: 'OKP',
            crv: 'Ed25519',
            x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
            kid: 'FdFYFzERwC2uCBB46pZQi4GG85LujR8obt-KWRBICVQ',
            alg: 'EdDSA',
            use: 'sig',
          },
        ],
      },
    },
  },
  newStreams: {
    polled: { summary: 'Everything, polled', value: { description: polled.description } },
    pushed: {
      summary: 'Pushed',
      value: { delivery, events_requested: TYPES, description: polled.description },
    },
  },
  changes: {
    pushed: { summary: 'From now on pushed', value: { stream_id: STREAM_ID, delivery } },
  },
  streams: { polled: { summary: 'A stream that is polled', value: polled } },
  readStreams: {
    named: { summary: 'The stream that was named', value: polled },
    all: { summary: 'All streams of the partner, where none was named', value: [polled] },
  },
  statuses: {
    paused: { summary: 'Paused', value: { stream_id: STREAM_ID, status: 'paused', reason: 'Maintenance' } },
    enabled: { summary: 'Enabled', value: { stream_id: STREAM_ID, status: 'enabled' } },
  },
  verifications: {
    asked: { value: { stream_id: STREAM_ID, state: 'VGhpcyBpcyBhbiBleGFtcGxlIHN0YXRlIHZhbHVlLgo=' } },
  },
  replays: { lost: { summary: 'From the first that is missing', value: { stream_id: STREAM_ID, from: 1042 } } },
  replayed: { three: { value: { stream_id: STREAM_ID, from: 1042, to: 1044 } } },
  polls: {
    waits: { summary: 'Waits for events', value: {} },
    acknowledges: { summary: 'Acknowledges, and waits for more', value: { ack: [JTI] } },
    refuses: {
      summary: 'Refuses an event, and asks for ten at once',
      value: {
        maxEvents: 10,
        returnImmediately: true,
        setErrs: { [JTI]: { err: 'invalid_request', description: 'The payload is not what the event type says.' } },
      },
    },
  },
  events: {
    one: { summary: 'One event', value: { sets: { [JTI]: SET }, moreAvailable: false } },
    none: { summary: 'None', value: { sets: {}, moreAvailable: false } },
  },
} as const;
