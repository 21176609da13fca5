export { type BackoffLimits, type Failure, retryAt } from './backoff.ts';
export { isStrictBase64url } from './base64url.ts';
export { canonicalJson, canonicalText, inCanonicalOrder, recordHash } from './canonical.ts';
export {
  type CutFields,
  type CutOptions,
  cutFields,
  cutToElements,
  DATA_ELEMENTS,
  type DataElement,
  DEFAULT_ELEMENTS,
} from './cut.ts';
export {
  bucketOf,
  createDigest,
  DIGEST_BUCKETS,
  Digest,
  type DigestEntry,
  differingBuckets,
  digest,
} from './digest.ts';
export {
  EVENT_TYPES,
  type EventName,
  type EventType,
  type ExchangeEvent,
  type OutgoingEvent,
  PAYLOADS,
  type Payload,
  STREAM_STATUSES,
  type StreamStatus,
  SUPPORTED_EVENTS,
} from './events.ts';
export { heartbeatDueAt, isStale, maxAgeSeconds, staleFrom } from './freshness.ts';
export { readJsonObject } from './json-object.ts';
export {
  judgeSnapshot,
  type LoadedFile,
  SNAPSHOT_REFUSALS,
  type SnapshotFacts,
  type SnapshotJudgement,
  type SnapshotRefusal,
} from './judge-snapshot.ts';
export { PublicKeySet } from './key-set.ts';
export {
  IssuerUrl,
  metadataUrl,
  plainHttpFields,
  readMetadata,
  type TransmitterAddresses,
  TransmitterMetadata,
  transmitterMetadata,
} from './metadata.ts';
export {
  type Complaint,
  type Outstanding,
  POLL_MAX,
  type PolledSet,
  type PollPlan,
  PollRequest,
  PollResponse,
  planPoll,
  pollResponse,
  readPollResponse,
} from './poll.ts';
export { judgePushResponse, type PushOutcome, type PushResponse } from './push.ts';
export { type EventReading, memberOf, readEvent } from './read-event.ts';
export { CanonicalRecord, Communicated, type RecordStatus, STATUS_PERIODS_MAX } from './record.ts';
export {
  NEW_SEQUENCE,
  type Replay,
  receive,
  replay,
  resumeAfter,
  type SequenceState,
  type SequenceStep,
  WAITING_MAX,
} from './sequence.ts';
export {
  isAboutTheEvent,
  ReceivedSetError,
  SET_ERROR_CODES,
  type SetError,
  type SetErrorCode,
  setError,
} from './set-errors.ts';
export { DigestDocument, foreignFiles, SnapshotLine, SnapshotManifest, SnapshotRequest } from './snapshot.ts';
export {
  ChangeStreamRequest,
  CreateStreamRequest,
  DeliveryRequest,
  POLL,
  PUSH,
  ReplayAnswer,
  ReplayRequest,
  StreamConfiguration,
  StreamId,
  StreamStatusBody,
  VerificationRequest,
} from './stream.ts';
export {
  createStream,
  replaceStream,
  type StreamResult,
  type StreamTerms,
  updateStream,
} from './stream-configuration.ts';
export {
  changeStatus,
  keepsEvents,
  mayDeliver,
  NEW_STREAM,
  type Party,
  type StreamChange,
  type StreamState,
  statusOf,
  verificationWait,
} from './stream-state.ts';
export { type Member, memberKey, memberSubject, Subject, streamSubject } from './subject.ts';
export {
  isSetMediaType,
  Jti,
  SET_ALGORITHMS,
  SET_LENGTH_MAX,
  SET_MEDIA_TYPE,
  SET_TYP,
  type SetAlgorithm,
  type SetToSign,
  type SigningKey,
  signSet,
} from './tokens.ts';
export { type SetExpectations, type SetVerification, type VerifiedSet, verifySet } from './verify-set.ts';
