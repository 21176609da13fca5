import { expect, test } from 'vitest';
import { EVENT_TYPES, type EventName, type OutgoingEvent } from './events.ts';
import { memberOf, readEvent } from './read-event.ts';
import { memberSubject, type Subject, streamSubject } from './subject.ts';
import { aKey, anEvent, aSentRecord, aSet, expectations, MEMBER } from './test-support.ts';
import { signSet } from './tokens.ts';
import { type VerifiedSet, verifySet } from './verify-set.ts';

const { signing, jwk } = await aKey('EdDSA', 'k1');
const STREAM = 's1';

async function verified(event: OutgoingEvent, subject: Subject = memberSubject(MEMBER)): Promise<VerifiedSet> {
  const result = await verifySet(await signSet(aSet({ event, subject }), signing), expectations([jwk]));
  if (!result.ok) throw new Error(result.description);
  return result.set;
}

/** A set as verifySet gives it, with a payload that signSet would refuse to sign. */
const having = (
  payload: Record<string, unknown>,
  eventType: string = EVENT_TYPES.statusChanged,
  subject = memberSubject(MEMBER),
) => ({ eventType, payload, subject }) as unknown as VerifiedSet;

const good = { seq: 7, agreement: 'eu-jp-2010', record: aSentRecord() };

test.each(['membershipPublished', 'statusChanged', 'recordCorrected'] as const)(
  '%s carries the whole record',
  async (name) => {
    const reading = readEvent(await verified({ ...anEvent(), name } as OutgoingEvent), STREAM);
    expect(reading).toMatchObject({ ok: true, event: { name, seq: 1, agreement: 'eu-jp-2010', record: MEMBER } });
    expect(reading.ok && memberOf(reading.event)).toEqual(MEMBER);
  },
);

test('communicationEnded carries the member alone, and no reason', async () => {
  const payload = { seq: 2, agreement: 'eu-jp-2010', member: MEMBER };
  const reading = readEvent(await verified({ name: 'communicationEnded', payload }), STREAM);
  expect(reading).toEqual({ ok: true, event: { name: 'communicationEnded', ...payload } });
  const told = readEvent(having({ ...payload, reason: 'revoked' }, EVENT_TYPES.communicationEnded), STREAM);
  expect(told.ok && told.event).not.toHaveProperty('reason');
});

test.each<[EventName, object]>([
  ['verification', { seq: 3, state: 'x' }],
  ['streamUpdated', { seq: 4, status: 'paused', reason: null }],
])('%s has the stream as its opaque subject (SSF 8.1.4.1, 8.1.5: MUST)', async (name, payload) => {
  const event = { name, payload } as OutgoingEvent;
  const reading = readEvent(await verified(event, streamSubject(STREAM)), STREAM);
  expect(reading).toEqual({ ok: true, event: { name, ...payload } });
  expect(reading.ok && memberOf(reading.event)).toBeNull();
  expect(readEvent(await verified(event, streamSubject('s2')), STREAM)).toMatchObject({
    ok: false,
    err: 'invalid_request',
  });
  const uri = { format: 'uri', id: STREAM };
  expect(readEvent(await verified(event, uri), STREAM)).toMatchObject({ ok: false, err: 'invalid_request' });
});

test('the framework events of a partner without sequence are outside the sequence', () => {
  const reading = readEvent(having({ extra: 1 }, EVENT_TYPES.verification, streamSubject(STREAM)), STREAM);
  expect(reading).toEqual({ ok: true, event: { name: 'verification', seq: null, state: null } });
});

test('an event about another member than its sub_id says is refused (SSF 3.1: exactly one subject)', async () => {
  const other = memberSubject({ ...MEMBER, number: 'DEAEOF00099999' });
  expect(readEvent(await verified(anEvent(), other), STREAM)).toMatchObject({
    ok: false,
    err: 'invalid_request',
    errors: [{ pointer: '/sub_id' }],
    member: MEMBER,
    seq: 1,
  });
});

test.each([
  ['none', null],
  ['an opaque one', { format: 'opaque', id: 'member 7' }],
  ['a URI of its own making', { format: 'uri', uri: 'https://jp.example/members/7' }],
])('the subject of a membership is ours to write: of a partner %s says nothing against it', async (_, subject) => {
  expect(readEvent({ ...having(good), subject }, STREAM).ok).toBe(true);
  expect(readEvent({ ...having({ extra: 1 }, EVENT_TYPES.verification), subject }, STREAM).ok).toBe(false);
});

test('a number with a slash may stand in the subject as it is', () => {
  const record = { ...aSentRecord(), number: 'GBAEOF00001/10' };
  const uri = (number: string) => ({ format: 'uri', uri: `urn:aeo-mra:member:${record.programme}:${number}` });
  const isRead = (number: string) => readEvent({ ...having({ ...good, record }), subject: uri(number) }, STREAM).ok;
  expect(['GBAEOF00001/10', 'GBAEOF00001%2F10', 'GBAEOF00001%2f10'].map(isRead)).toEqual([true, true, true]);
  expect(['GBAEOF00001', 'GBAEOF00001%2F1', 'GBAEOF00001%'].map(isRead)).toEqual([false, false, false]);
});

test.each([
  ['email', { format: 'email', email: 'a@b.test' }],
  ['complex', { format: 'complex', user: { format: 'opaque', id: 'x' } }],
])('a subject in the format %s cannot be processed (SSF 3.6)', (_, subject) => {
  expect(readEvent({ ...having(good), subject }, STREAM)).toMatchObject({
    ok: false,
    errors: [{ pointer: '/sub_id' }],
  });
});

test('a bad record keeps its place and its member, so that it can be quarantined and the stream goes on', () => {
  const record = { ...aSentRecord(), names: [{ name: 'x'.repeat(1024 * 1024), kind: 'legal' }], validFrom: 'soon' };
  const reading = readEvent(having({ ...good, record }), STREAM);
  expect(reading).toMatchObject({ ok: false, err: 'invalid_request', seq: 7, member: MEMBER });
  const pointers = reading.ok ? [] : reading.errors.map(({ pointer }) => pointer);
  const at = '/events/urn:aeo-mra:event:status-changed/record';
  expect(pointers.toSorted()).toEqual([`${at}/names/0/name`, `${at}/validFrom`]);
  expect(JSON.stringify(reading).length).toBeLessThan(1000);
});

test.each([
  ['no seq', { ...good, seq: undefined }],
  ['a seq of 0', { ...good, seq: 0 }],
  ['a seq with a fraction', { ...good, seq: 1.5 }],
  ['no agreement', { ...good, agreement: undefined }],
  ['no record', { ...good, record: undefined }],
  ['a record that is text', { ...good, record: 'DEAEOF00012345' }],
])('%s is refused', (_, payload) => {
  expect(readEvent(having(good), STREAM).ok).toBe(true);
  expect(readEvent(having(payload), STREAM)).toMatchObject({ ok: false, err: 'invalid_request' });
});

test('an event of an unknown type is refused, in its place, not skipped', () => {
  const reading = readEvent(having(good, 'urn:aeo-mra:event:membership-erased'), STREAM);
  expect(reading).toMatchObject({ ok: false, err: 'invalid_request', seq: 7, member: MEMBER });
});

test('unknown fields are ignored (SSF 4.2.3: MUST)', () => {
  const reading = readEvent(having({ ...good, hello: 1, record: { ...aSentRecord(), hello: 1 } }), STREAM);
  expect(reading.ok && reading.event).not.toHaveProperty('hello');
});
