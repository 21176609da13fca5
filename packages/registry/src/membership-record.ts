import type { Address, Day, MembershipBase, PartyName, RecordedIdentifier, Role } from '@mra/recognition';

/** What a membership is, as written by its administration (api.md section 3); days are already instants. */
export interface MembershipRecord extends MembershipBase {
  readonly validatedOn: Day | null;
  readonly issuingCountry: string | null;
  readonly issuingOffice: string | null;
  readonly names: readonly PartyName[];
  readonly addresses: readonly Address[];
  readonly identifiers: readonly RecordedIdentifier[];
  readonly roles: readonly Role[];
}
