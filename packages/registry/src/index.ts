export { type AdministrationDocument, putAdministrations, readAdministrations } from './administrations.ts';
export { type AgreementFilter, readAgreementHistory, readAgreements, readAgreementTerms } from './agreement-read.ts';
export { type AgreementDocument, putAgreements, type RuleDocument } from './agreements.ts';
export { aheadSeconds, type LongWork, type Pace } from './ahead-seconds.ts';
export type { DB } from './database.ts';
export { type Answered, createDecider, type Decider } from './decisions.ts';
export { type LoadedFacts, loadFacts } from './facts.ts';
export { type CallersKey, findAnswer, type KeptAnswer, keepAnswer } from './idempotency.ts';
export { joinPeriods } from './identifier-periods.ts';
export { countWork } from './import-lines.ts';
export {
  closeUpload,
  openUpload,
  type RepeatedLines,
  rejectRepeated,
  type StagedLine,
  stageLines,
  type Upload,
} from './import-staging.ts';
export { type Applied, applyImport, type ImportOrder, type RefusedLine } from './imports.ts';
export { inChunks } from './in-chunks.ts';
export {
  countLocalSuspensions,
  endLocalSuspension,
  putLocalSuspension,
} from './local-suspensions.ts';
export { eachInTurns, mapInTurns } from './map-in-turns.ts';
export {
  type MembershipHistory,
  type MembershipView,
  readMembership,
  readMembershipHistory,
} from './membership-read.ts';
export type { MembershipRecord } from './membership-record.ts';
export { type MembershipFilter, SearchTooLong, searchMemberships } from './membership-search.ts';
export { type Planned, store } from './membership-store.ts';
export {
  type MembershipWrite,
  memberKey,
  type RecordedEvent,
  type WriteResult,
  writeMemberships,
} from './membership-write.ts';
export { isMigrated, migrate } from './migrate.ts';
export { createNetworkCache, currentNetworkVersion, type Executor, loadNetwork, type NetworkCache } from './network.ts';
export { factsIfNew } from './new-members.ts';
export { oneAhead } from './one-ahead.ts';
export { parsePeriod, rangeText } from './period.ts';
export { planByIndex, planForFew } from './plan-by-index.ts';
export { createPool, type Database, openDatabase, type PoolOptions } from './pool.ts';
export { measureWaits } from './pool-waits.ts';
export { type ProgrammeDocument, putProgrammes, readProgrammes, readProgrammeTerms } from './programmes.ts';
export { holdReaders, recordAhead, type Watch } from './record-ahead.ts';
export { type Part, recordInParts } from './record-in-parts.ts';
export {
  type Actor,
  actAs,
  appendChange,
  type Recording,
  RecordingTooSlow,
  readAs,
  record,
  WritersBusy,
} from './recording.ts';
export {
  type BenefitDocument,
  type IdentifierSchemeDocument,
  type MutualAssistanceDocument,
  type PresentationDocument,
  putReference,
  type ReferenceDocuments,
} from './reference.ts';
export { readBenefits, readIdentifierSchemes, readMutualAssistance, readPresentations } from './reference-read.ts';
export { createReplication, headOfLog, type ReplicaState, type Replication } from './replication.ts';
export { recordSynchronisation } from './synchronisations.ts';
export type { Recorded } from './terms.ts';
export { createTurns } from './turns.ts';
