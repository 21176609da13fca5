export {
  EXCHANGE_ACTOR,
  type Exchange,
  type ExchangeKeys,
  type ExchangeLog,
  type PartnerClient,
  type PartnerRequest,
  type PartnerResponse,
  PartnerUnreachable,
} from './context.ts';
export { createExchange, type ExchangeOptions } from './create-exchange.ts';
export { inExchange } from './in-exchange.ts';
export type { SnapshotApplied } from './inbound/apply-snapshot.ts';
export { type CompareOptions, compareDigest, type DigestCompared } from './inbound/compare-digest.ts';
export type { CopyResult, CopyToEnd, CopyToWrite } from './inbound/copy-change.ts';
export { recordHeard } from './inbound/heard.ts';
export { NoInboundStream } from './inbound/inbound-stream.ts';
export { type LoadOptions, loadSnapshot, type SnapshotLoaded } from './inbound/load-snapshot.ts';
export { putAside, type Rejected } from './inbound/quarantine.ts';
export {
  type Decision,
  discardQuarantined,
  type Quarantined,
  type QuarantineFilter,
  readQuarantine,
  readQuarantined,
  retryQuarantined,
} from './inbound/quarantined.ts';
export {
  applyWaiting,
  KeysUnavailable,
  type ReceivedSet,
  receiveSets,
  type SetReceipt,
  type SetsReceived,
} from './inbound/receive-sets.ts';
export { countHeld } from './inbound/snapshot-changes.ts';
export { type SnapshotReason, UnexpectedAnswer } from './inbound/snapshot-reasons.ts';
export { noteUnreadable } from './inbound/unreadable.ts';
export { endCommunication, writeCopies } from './inbound/write-copies.ts';
export {
  KEY_ALGORITHMS,
  type KeptKey,
  type KeyAlgorithm,
  type Rotation,
  readKeyFile,
  rotateKeyFile,
} from './key-file.ts';
export { type KeysOptions, openExchangeKeys } from './keys.ts';
export { originsOf } from './origins.ts';
export { buildSnapshot, type SnapshotBuilt } from './outbound/build-snapshot.ts';
export { changeOutboundStream, type StreamChanged } from './outbound/change-outbound-stream.ts';
export { changeStreamStatus, type StatusChanged, type StatusWish } from './outbound/change-stream-status.ts';
export { createOutboundStream, type StreamCreated } from './outbound/create-outbound-stream.ts';
export { type Delivery, deliverStream } from './outbound/deliver-stream.ts';
export { type DigestMade, type DigestOptions, makeDigest } from './outbound/make-digest.ts';
export { type OutboundStream, readStream } from './outbound/outbound-stream.ts';
export { deleteOutboundStream, readOutboundStreams, readStreamStatus } from './outbound/outbound-streams.ts';
export { type ListeningConnection, listenToOutbox, type OutboxBell } from './outbound/outbox-bell.ts';
export { type Polled, type PollOptions, pollStream } from './outbound/poll-stream.ts';
export { readDueStreams } from './outbound/read-due-streams.ts';
export {
  awaitSnapshot,
  deleteSnapshot,
  readSnapshot,
  readSnapshotFile,
  type SnapshotReading,
  snapshotUrl,
} from './outbound/read-snapshot.ts';
export { type Replayed, replayEvents } from './outbound/replay-events.ts';
export { pruneSnapshots, readRequestedSnapshots, requestSnapshot } from './outbound/request-snapshot.ts';
export { requestVerification, type VerificationRequested } from './outbound/request-verification.ts';
export { sendHeartbeats } from './outbound/send-heartbeats.ts';
export { type PartnerTerms, parsePartners, readPartnerFile } from './partner-file.ts';
export { createPartnerKeys, type PartnerKeysOptions } from './partner-keys.ts';
export { readPartnerOverviews, readReports } from './partner-overview.ts';
export { type Partner, readPartner, readPartners, registerPartners, unregisterOthers } from './partners.ts';
export { askForSnapshot } from './resynchronise.ts';
