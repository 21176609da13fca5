import { expect, test } from 'vitest';
import { EVENT_TYPES, SUPPORTED_EVENTS } from './events.ts';
import { ChangeStreamRequest, CreateStreamRequest, POLL, PUSH, StreamConfiguration } from './stream.ts';
import { createStream, replaceStream, type StreamTerms, updateStream } from './stream-configuration.ts';
import { EU, JP } from './test-support.ts';

const TERMS: StreamTerms = {
  streamId: 's1',
  issuer: EU,
  audience: JP,
  pollUrl: `${EU}/exchange/streams/s1/poll`,
  pushOrigins: [JP],
  minVerificationInterval: 60,
};
const push = { method: PUSH, endpoint_url: `${JP}/exchange/events`, authorization_header: 'Bearer secret' } as const;
const poll = { method: POLL, endpoint_url: TERMS.pollUrl };

const create = (request: unknown) => createStream(CreateStreamRequest.parse(request), TERMS);
const created = (request: unknown) => {
  const result = create(request);
  if (!result.ok) throw new Error(result.detail);
  return result.configuration;
};
const CURRENT = created({ delivery: push, events_requested: [EVENT_TYPES.statusChanged], description: 'to JP' });
const change = (how: typeof updateStream, request: object) =>
  how(CURRENT, ChangeStreamRequest.parse({ stream_id: 's1', ...request }), TERMS);

test('a request without delivery is a poll, and the answer says where (SSF 8.1.1.1: MUST)', () => {
  expect(created({})).toEqual({
    stream_id: 's1',
    iss: EU,
    aud: JP,
    events_supported: SUPPORTED_EVENTS,
    events_delivered: SUPPORTED_EVENTS,
    delivery: poll,
    min_verification_interval: 60,
  });
});

test('what is made is what is read', () => {
  for (const made of [CURRENT, created({})]) expect(StreamConfiguration.parse(made)).toEqual(made);
});

test('event types that are not known are ignored; delivered is what is both supported and requested (SSF 8.1.1: MUST)', () => {
  const requested = ['urn:example:other', EVENT_TYPES.communicationEnded];
  const made = created({ events_requested: requested });
  expect(made.events_requested).toEqual(requested);
  expect(made.events_delivered).toEqual([EVENT_TYPES.communicationEnded]);
});

test.each([
  ['another host', 'http://169.254.169.254/latest'],
  ['another port', `${JP}:8443/exchange/events`],
  ['plain http where https is registered', 'http://jp.example/exchange/events'],
])('events are not pushed to %s', (_, endpoint_url) => {
  expect(create({ delivery: push }).ok).toBe(true);
  expect(create({ delivery: { ...push, endpoint_url } })).toMatchObject({
    ok: false,
    pointer: '/delivery/endpoint_url',
  });
});

test.each(['ftp://jp.example/', 'https://user:password@jp.example/', 'https://jp.example/#x', '/events', 'https://'])(
  '%s is no address',
  (endpoint_url) => {
    expect(CreateStreamRequest.safeParse({ delivery: { ...push, endpoint_url } }).success).toBe(false);
  },
);

test('a delivery method that is not supported is refused (SSF 8.1.1.1)', () => {
  expect(CreateStreamRequest.safeParse({ delivery: { method: 'urn:example:fax' } }).success).toBe(false);
});

test('the address of a poll is for the transmitter to say', () => {
  expect(create({ delivery: { method: POLL, endpoint_url: 'https://eu.example/other' } }).ok).toBe(false);
});

test('an update changes what is in it and nothing else (SSF 8.1.1.3: MUST)', () => {
  const result = change(updateStream, { description: 'changed' });
  expect(result).toEqual({ ok: true, configuration: { ...CURRENT, description: 'changed' } });
});

test('a replacement removes what is not in it (SSF 8.1.1.4: MUST)', () => {
  const { events_requested: _, description: __, ...left } = CURRENT;
  const configuration = { ...left, events_delivered: SUPPORTED_EVENTS };
  expect(change(replaceStream, { delivery: push })).toEqual({ ok: true, configuration });
});

test.each([
  ['stream_id', 's2'],
  ['iss', 'https://us.example'],
  ['aud', 'https://kr.example'],
  ['events_supported', []],
  ['events_delivered', [...SUPPORTED_EVENTS]],
  ['min_verification_interval', 1],
  ['inactivity_timeout', 60],
])('%s must be what the transmitter supplied, where it is there (SSF 8.1.1.3, 8.1.1.4: MUST)', (field, wrong) => {
  for (const how of [updateStream, replaceStream]) {
    expect(change(how, { [field]: wrong })).toMatchObject({ ok: false, pointer: `/${field}` });
    expect(change(how, { [field]: CURRENT[field as keyof typeof CURRENT] }).ok).toBe(true);
  }
});

test('events_delivered is compared with what holds before the update (SSF 8.1.1.3: MUST)', () => {
  const request = { events_requested: [EVENT_TYPES.recordCorrected], events_delivered: [EVENT_TYPES.statusChanged] };
  expect(change(updateStream, request)).toMatchObject({
    ok: true,
    configuration: { events_delivered: [EVENT_TYPES.recordCorrected] },
  });
});

test('stream_id must be in a change (SSF 8.1.1.3: MUST)', () => {
  expect(ChangeStreamRequest.safeParse({ description: 'x' }).success).toBe(false);
});
