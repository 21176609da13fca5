import { z } from 'zod';
import { Component, MembershipStatus } from './answer.ts';
import {
  ClientId,
  FindingCode,
  Identifier,
  Pointer,
  ProgrammeId,
  pageOf,
  pageQuery,
  Source,
  Version,
} from './common.ts';
import { DayOrInstant, Instant } from './days.ts';
import { RecordedEvent } from './membership-events.ts';
import { AuthorisationNumber, MembershipRecord } from './membership-record.ts';
import { line, prose } from './text.ts';

/** Who tries a call has a member of db/seeds/demo filled in, for which it does what it says. */
function membershipParams(example: { readonly programme: string; readonly number: string }) {
  return z.strictObject({
    programme: ProgrammeId.meta({ examples: [example.programme] }),
    number: AuthorisationNumber.meta({ examples: [example.number] }),
  });
}

export const MembershipParams = membershipParams({ programme: 'eu-aeo', number: 'DEAEOF00012345' });
export type MembershipParams = z.infer<typeof MembershipParams>;

/** Another member: the first questions of a newcomer are about the one above, who is to stay recognised. */
export const MembershipEventParams = membershipParams({ programme: 'eu-aeo', number: 'NLAEOF00090001' });

/** A member of a partner of the EU, who is suspended by the EU without an end. */
export const LocalSuspensionParams = membershipParams({ programme: 'cn-aeo', number: 'AEOCN9919960012' });

/** As of when a registry record is read. */
export const AsOfQuery = z.strictObject({
  at: DayOrInstant.optional().describe('As it was at that day (00:00 UTC) or instant; now when left out.'),
  knownAt: DayOrInstant.optional().describe('As it was known at that day (00:00 UTC) or instant; now when left out.'),
});
export type AsOfQuery = z.infer<typeof AsOfQuery>;

export const Warning = z.object({ pointer: Pointer, code: FindingCode, detail: prose(1000) }).meta({
  id: 'Warning',
  description: 'Something odd that did not stop the write, for example a check digit that fails.',
});
export type Warning = z.infer<typeof Warning>;

/** In answers every field of the record is there: null or an empty list for what was not written, or is not told to the reader. */
const written = {
  programme: ProgrammeId,
  number: AuthorisationNumber,
  ...z.object(MembershipRecord.shape).required().shape,
  validFrom: MembershipRecord.shape.validFrom
    .nullable()
    .describe('Start of the authorisation. null: not told, to a partner under an agreement that does not name it.'),
};

export const Membership = z
  .object({
    ...written,
    status: MembershipStatus,
    statusSince: DayOrInstant.nullable().describe('Since when; null: not known.'),
    components: z.array(Component).max(20).describe('Status part by part.'),
    version: Version,
    recordedAt: Instant.describe('When this version was recorded.'),
    source: Source.optional(),
    warnings: z.array(Warning).max(500).optional().describe('Only in the answer to a write.'),
  })
  .meta({ id: 'Membership', description: 'A membership with the status that its record and events give.' });
export type Membership = z.infer<typeof Membership>;

export const MembershipVersion = z
  .object({
    ...written,
    version: Version,
    recordedAt: Instant,
    supersededAt: Instant.nullable().describe('When the next version was recorded; null: this is the current one.'),
    recordedBy: ClientId.nullable().describe('Client that wrote it.'),
  })
  .meta({ id: 'MembershipVersion', description: 'One version of the record, as it was written.' });
export type MembershipVersion = z.infer<typeof MembershipVersion>;

export const MembershipHistory = z
  .object({
    programme: ProgrammeId,
    number: AuthorisationNumber,
    versions: z.array(MembershipVersion).max(10_000).describe('Oldest first.'),
    events: z.array(RecordedEvent).max(10_000).describe('In the order in which they were recorded.'),
  })
  .meta({ id: 'MembershipHistory', description: 'Everything ever recorded about a membership.' });
export type MembershipHistory = z.infer<typeof MembershipHistory>;

export const MembershipQuery = z.strictObject({
  programme: ProgrammeId.optional(),
  status: MembershipStatus.optional().describe('Status now.'),
  name: line(300).optional().describe('Part of a name, whatever its case.'),
  identifier: Identifier.optional().describe('Authorisation number or any identifier, normalised before matching.'),
  ...pageQuery,
});
export type MembershipQuery = z.infer<typeof MembershipQuery>;

export const MembershipPage = pageOf(Membership, 'MembershipPage', 'Memberships that the caller may see.');
export type MembershipPage = z.infer<typeof MembershipPage>;
