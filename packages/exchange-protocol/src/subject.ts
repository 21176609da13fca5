import { z } from 'zod';
import { line } from './text.ts';

/** A subject identifier (RFC 9493 section 3): a format and the members that it asks for. */
export const Subject = z.looseObject({ format: line(64).min(1) });
export type Subject = z.infer<typeof Subject>;

/** A membership: authorisation numbers are unique within a programme. */
export interface Member {
  readonly programme: string;
  readonly number: string;
}

/**
 * The subject of an event about a membership: a URI (RFC 9493 section 3.2.7) made of the programme and the percent-encoded
 * authorisation number as its issuer writes it. SSF 1.0 section 3.1 wants the subject in `sub_id`, never in `sub`.
 */
export function memberSubject({ programme, number }: Member): Subject {
  return { format: 'uri', uri: `urn:aeo-mra:member:${programme}:${encodeURIComponent(number)}` };
}

/** The subject of an event about a stream: opaque, the id of the stream (SSF 1.0 sections 8.1.4.1 and 8.1.5). */
export function streamSubject(streamId: string): Subject {
  return { format: 'opaque', id: streamId };
}

/** Whether a received subject is the expected one. Members that are not expected are ignored. */
export function isSubject(received: Subject, expected: Subject): boolean {
  return Object.entries(expected).every(([name, value]) => received[name] === value);
}

/** The key of a membership in digests and queues. A programme id has no slash, so the first one divides. */
export function memberKey({ programme, number }: Member): string {
  return `${programme}/${number}`;
}
