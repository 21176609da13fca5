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

const MEMBERS = 'urn:aeo-mra:member:';

/**
 * The subject of an event about a membership: a URI (RFC 9493 section 3.2.7) made of the programme and the percent-encoded
 * authorisation number as its issuer writes it. SSF 1.0 section 3.1 wants the subject in `sub_id`, never in `sub`.
 */
export function memberSubject({ programme, number }: Member): Subject {
  return { format: 'uri', uri: `${MEMBERS}${programme}:${encodeURIComponent(number)}` };
}

/** The subject of an event about a stream: opaque, the id of the stream (SSF 1.0 sections 8.1.4.1 and 8.1.5). */
export function streamSubject(streamId: string): Subject {
  return { format: 'opaque', id: streamId };
}

/** Whether a received subject is the stream. Members that are not expected are ignored. */
export function isStreamSubject(received: Subject | null, streamId: string): boolean {
  return received?.format === 'opaque' && received.id === streamId;
}

/**
 * Whether a received subject may be this membership, which the payload names as well. The contract does not say how a membership is
 * written as a subject: what is left out, opaque, or a URI of somebody else's making says nothing against it. Ours must name
 * it, and no other format can be processed (SSF 1.0 section 3.6: then the event is discarded).
 */
export function maySubjectBe(received: Subject | null, member: Member): boolean {
  if (received === null) return true;
  if (received.format === 'opaque') return typeof received.id === 'string';
  if (received.format !== 'uri' || typeof received.uri !== 'string') return false;
  if (!received.uri.startsWith(MEMBERS)) return true;
  return decoded(received.uri) === decoded(memberSubject(member).uri as string);
}

/** As its number is written, percent-encoded or not. */
function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

/** The key of a membership in digests and queues. A programme id has no slash, so the first one divides. */
export function memberKey({ programme, number }: Member): string {
  return `${programme}/${number}`;
}
