import type { Role, Status } from './closed-sets.ts';
import type { Instant, Period } from './time.ts';

export interface StatusPeriod {
  /** The authorisation type held in this period, for example AEOF. */
  readonly type: string;
  /** The part of the type this status is about, for example AEOS. */
  readonly component: string;
  readonly status: Status;
  readonly valid: Period;
}

/** `unrecorded`: what the programme assumes where nothing is recorded. Partners and exceptions are named beside it. */
export const CONSENT_SCOPES = ['all', 'none', 'unrecorded'] as const;
export type ConsentScope = (typeof CONSENT_SCOPES)[number];

export interface ConsentPeriod {
  readonly scope: ConsentScope;
  /** Partners to whom consent was given beside the scope. */
  readonly partners: readonly string[];
  /** Partners from whom it was withdrawn. */
  readonly except: readonly string[];
  readonly valid: Period;
}

/** `number`: the authorisation number; `given`: an identifier of the member; `presented`: a code made for a recogniser. */
export type IdentifierOrigin = 'number' | 'given' | 'presented';

export interface IdentifierFact {
  readonly origin: IdentifierOrigin;
  /** Identifier scheme; null for an authorisation number whose scheme is not known. */
  readonly scheme: string | null;
  /** As written. */
  readonly value: string;
  readonly normalised: string;
  /** Of a presented code: the administration that reads it. */
  readonly recogniser: string | null;
  readonly valid: Period;
}

export interface PartyName {
  readonly name: string;
  readonly kind: 'legal' | 'trading' | 'former' | 'local_script';
  readonly language?: string | null;
}

export interface Address {
  readonly kind: 'registered' | 'site' | 'postal';
  readonly street: string | null;
  readonly city: string | null;
  readonly postalCode: string | null;
  readonly region?: string | null;
  readonly country: string;
}

/** How old the copy of a partner's members may be, and how old it is. */
export interface Synchronisation {
  readonly lastSynchronisedAt: Instant | null;
  /** 1.5 times the partner's cadence (exchange.md section 3). */
  readonly maxAgeSeconds: number;
  /** The partner has told something newer about this member that could not be read. */
  readonly isInDoubt?: boolean;
}

/** Everything recorded about one membership, as known at the instant of knowledge of the question; all periods of validity. */
export interface MembershipFacts {
  readonly programme: string;
  readonly number: string;
  readonly issuingCountry: string | null;
  readonly names: readonly PartyName[];
  readonly addresses: readonly Address[];
  readonly roles: readonly Role[];
  readonly statuses: readonly StatusPeriod[];
  readonly consents: readonly ConsentPeriod[];
  readonly identifiers: readonly IdentifierFact[];
  readonly localSuspensions: readonly { readonly recogniser: string; readonly valid: Period }[];
  /** null: this deployment is authoritative; else the administration whose copy this is. */
  readonly source: string | null;
  /** Of a copy; null when local. */
  readonly synchronisation: Synchronisation | null;
}
