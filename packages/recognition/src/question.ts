import type { Flow, Role } from './closed-sets.ts';
import type { MembershipFacts } from './membership-types.ts';
import type { Network } from './network-types.ts';
import type { Instant } from './time.ts';

export interface Question {
  readonly recogniser: string;
  readonly identifier: string;
  readonly scheme?: string;
  readonly issuer?: string;
  readonly role?: Role;
  readonly flow?: Flow;
  readonly at: Instant;
  readonly knownAt: Instant;
  readonly name?: string;
}

/** A question as asked: without `at` and `knownAt` it is about now, as known now. */
export type OpenQuestion = Omit<Question, 'at' | 'knownAt'> & {
  readonly at: Instant | null;
  readonly knownAt: Instant | null;
};

export interface Facts {
  readonly network: Network;
  /** Memberships that have (or will have, or had) the identifier asked about, in any order. */
  readonly memberships: readonly MembershipFacts[];
}

/** For whom the answer is made: decides only whether NO_CONSENT may be told (api.md section 2). */
export interface Audience {
  readonly administration: string | null;
}
