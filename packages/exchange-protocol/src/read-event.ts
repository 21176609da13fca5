import { type FieldError, fieldErrors, pointerTo } from '@mra/contracts';
import { EVENT_TYPES, type EventName, type ExchangeEvent, PAYLOADS } from './events.ts';
import { isObject } from './json-object.ts';
import { type SetError, setError } from './set-errors.ts';
import { isStreamSubject, type Member, maySubjectBe } from './subject.ts';
import { Seq } from './text.ts';
import type { VerifiedSet } from './verify-set.ts';

export type EventReading =
  | { readonly ok: true; readonly event: ExchangeEvent }
  | ({
      readonly ok: false;
      /** What is known all the same, so that the event can be quarantined and the events behind it go on. */
      readonly seq: number | null;
      readonly member: Member | null;
      /** Every bad field, without its value. */
      readonly errors: readonly FieldError[];
    } & SetError);

const NAMES = new Map(Object.entries(EVENT_TYPES).map(([name, type]) => [type as string, name as EventName]));

/**
 * The event in a verified SET: payload schema and subject (step 5 of the order of checks). Whether the partner is the issuer of
 * the programme, and whether type and agreement exist, is for whoever has the registry to say.
 * @param streamId of the stream it came by: the subject of the framework's events must name it (SSF 1.0 section 8.1.4.1)
 * @returns the event; or `invalid_request` with what is wrong. An event of an unknown type is an error too, because skipping it
 * could lose a change
 */
export function readEvent(set: VerifiedSet, streamId: string): EventReading {
  const name = NAMES.get(set.eventType);
  if (name === undefined) return bad(set, 'The event type is not one of this exchange.', []);
  const parsed = PAYLOADS[name].safeParse(set.payload);
  if (!parsed.success) {
    const errors = fieldErrors(parsed.error).map((error) => under(set.eventType, error));
    return bad(set, 'The payload is not what the event type says.', errors);
  }
  const event = { name, ...parsed.data } as ExchangeEvent;
  const member = memberOf(event);
  if (!(member === null ? isStreamSubject(set.subject, streamId) : maySubjectBe(set.subject, member))) {
    return bad(set, 'sub_id is not the subject of the event.', [{ pointer: '/sub_id', detail: 'must be its subject' }]);
  }
  return { ok: true, event };
}

/** The membership an event is about, or null for the framework's events. */
export function memberOf(event: ExchangeEvent): Member | null {
  if ('record' in event) return { programme: event.record.programme, number: event.record.number };
  return 'member' in event ? event.member : null;
}

function bad(set: VerifiedSet, description: string, errors: readonly FieldError[]): EventReading {
  const { seq, record, member } = set.payload;
  const read = Seq.safeParse(seq);
  return {
    ok: false,
    ...setError('invalid_request', description),
    seq: read.success ? read.data : null,
    member: readMember(record) ?? readMember(member),
    errors,
  };
}

function readMember(value: unknown): Member | null {
  const read = PAYLOADS.communicationEnded.shape.member.safeParse(isObject(value) ? value : null);
  return read.success ? read.data : null;
}

const under = (eventType: string, { pointer, detail }: FieldError): FieldError => ({
  pointer: `${pointerTo(['events', eventType])}${pointer}`.slice(0, 1000),
  detail,
});
