import type { SnapshotRefusal } from '@mra/exchange-protocol';
import type { PartnerResponse } from '../context.ts';

/** Why a snapshot is refused whole: what `judgeSnapshot` finds, and what makes it impossible to load one. */
export interface SnapshotReason {
  readonly code:
    | SnapshotRefusal
    | 'MANIFEST_INVALID'
    /** An address outside the partner's registered origins: our token would go there. */
    | 'FOREIGN_ORIGIN'
    /** Not the buckets that were asked for, or lines of others. */
    | 'OTHER_BUCKETS'
    /** A member is named by two lines. */
    | 'MEMBER_TWICE';
  readonly detail: string;
}

/** A partner has answered with something else than what was asked for; to be tried again. Holds nothing of the answer but the status. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly status: number;
  /** The header `Retry-After` as it came. */
  readonly retryAfter: string | undefined;

  constructor(what: string, { status, headers }: Pick<PartnerResponse, 'status' | 'headers'>) {
    super(`${what}: answered ${status}`);
    this.status = status;
    this.retryAfter = headers.get('retry-after') ?? undefined;
  }
}
