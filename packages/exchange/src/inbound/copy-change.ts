import type { FieldError, QuarantineCode } from '@mra/contracts';
import type { CanonicalRecord, Communicated, Member } from '@mra/exchange-protocol';
import { type Instant, normaliseIdentifier } from '@mra/recognition';
import type { MemberName } from './held-members.ts';
import type { RecordWarning } from './judge-record.ts';

/** A member is communicated: this is its record. */
export interface CopyToWrite {
  /** Of the event, or of the snapshot that says so. */
  readonly seq: number;
  readonly agreement: string;
  readonly record: CanonicalRecord;
  readonly communicated: Communicated;
  /** `recordHash` of the record, where it is known already. */
  readonly hash?: string;
}

/** A member is no longer communicated. */
export interface CopyToEnd {
  readonly seq: number;
  /** null: as it was told last. */
  readonly agreement: string | null;
  readonly member: Member;
  /** From when on; a later moment than the recording counts as that. */
  readonly from: Instant;
}

export type CopyChange = ({ readonly kind: 'write' } & CopyToWrite) | ({ readonly kind: 'end' } & CopyToEnd);

export type CopyResult =
  /** `unchanged`: said already; only its place in the stream is noted. */
  | { readonly outcome: 'written' | 'unchanged'; readonly warnings: readonly RecordWarning[] }
  /** `not_held`: nothing was known here of the member that is no longer communicated; the word is kept, since an older one may come. */
  | { readonly outcome: 'ended' | 'not_held' }
  /** The member has had a later word: nothing was done. */
  | { readonly outcome: 'outdated' }
  | { readonly outcome: 'refused'; readonly code: QuarantineCode; readonly errors: readonly FieldError[] };

/** `event`: said once, in order. `snapshot`: said again, and rows that are no longer what was said are put right. */
export type Origin = 'event' | 'snapshot';

/** Whom a change is about, as the partner names it. */
export const memberIn = (change: CopyChange): Member => (change.kind === 'end' ? change.member : change.record);

/** The same as members are found. */
export function nameOf(change: CopyChange): MemberName {
  const { programme, number } = memberIn(change);
  return { programme, normalised: normaliseIdentifier(number) };
}
