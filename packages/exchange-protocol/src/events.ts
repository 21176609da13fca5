import { AgreementId, AuthorisationNumber, ProgrammeId } from '@mra/contracts';
import { z } from 'zod';
import { CanonicalRecord, Communicated } from './record.ts';
import { line, Seq } from './text.ts';

/** Event type URIs: the keys of the `events` claim (exchange contract, section 2; SSF 1.0 sections 8.1.4.1 and 8.1.5). */
export const EVENT_TYPES = {
  membershipPublished: 'urn:aeo-mra:event:membership-published',
  statusChanged: 'urn:aeo-mra:event:status-changed',
  communicationEnded: 'urn:aeo-mra:event:communication-ended',
  recordCorrected: 'urn:aeo-mra:event:record-corrected',
  verification: 'https://schemas.openid.net/secevent/ssf/event-type/verification',
  streamUpdated: 'https://schemas.openid.net/secevent/ssf/event-type/stream-updated',
} as const;
export type EventName = keyof typeof EVENT_TYPES;
export type EventType = (typeof EVENT_TYPES)[EventName];

/** The types that a stream can be asked for; the framework's two come without asking (SSF 1.0 sections 8.1.4 and 8.1.5). */
export const SUPPORTED_EVENTS: readonly EventType[] = [
  EVENT_TYPES.membershipPublished,
  EVENT_TYPES.statusChanged,
  EVENT_TYPES.communicationEnded,
  EVENT_TYPES.recordCorrected,
];

export const STREAM_STATUSES = ['enabled', 'paused', 'disabled'] as const;
export type StreamStatus = (typeof STREAM_STATUSES)[number];

const withRecord = z.object({ seq: Seq, agreement: AgreementId, record: CanonicalRecord, communicated: Communicated });

/** A partner that speaks only the framework sends no `seq` with its two events; they then stand outside the sequence. */
const OptionalSeq = Seq.nullish().transform((seq) => seq ?? null);

/** Payloads by name. Unknown fields are ignored (SSF 1.0 section 4.2.3), known ones are strict. */
export const PAYLOADS = {
  /** The member is covered from now on, or again: the whole record. */
  membershipPublished: withRecord,
  /** Status, type or dates changed: the whole record, so that one event repairs what an earlier one missed. */
  statusChanged: withRecord,
  /** Anything else changed, or an earlier record was wrong. */
  recordCorrected: withRecord,
  /** The member is not communicated any more, for a reason that is not told; it does not mean revoked. */
  communicationEnded: z.object({
    seq: Seq,
    agreement: AgreementId,
    member: z.object({ programme: ProgrammeId, number: AuthorisationNumber }),
  }),
  verification: z.object({
    seq: OptionalSeq,
    state: line(1000)
      .nullish()
      .transform((state) => state ?? null),
  }),
  streamUpdated: z.object({
    seq: OptionalSeq,
    status: z.enum(STREAM_STATUSES),
    reason: line(1000)
      .nullish()
      .transform((reason) => reason ?? null),
  }),
} as const;

export type Payload<Name extends EventName> = z.infer<(typeof PAYLOADS)[Name]>;

/** An event as read: `name` tells which payload it has. */
export type ExchangeEvent = { [Name in EventName]: { readonly name: Name } & Payload<Name> }[EventName];

/** An event as sent: `payload` is what stands under its type in the `events` claim. */
export type OutgoingEvent = {
  [Name in EventName]: { readonly name: Name; readonly payload: z.input<(typeof PAYLOADS)[Name]> & { seq: number } };
}[EventName];
