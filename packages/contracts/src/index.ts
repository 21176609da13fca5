export {
  Administration,
  AdministrationBody,
  AdministrationPage,
  AdministrationParams,
  type CompleteAdministration,
  completeAdministration,
} from './administrations.ts';
export { completeRule, Rule, RuleBody } from './agreement-rules.ts';
export {
  Agreement,
  AgreementBody,
  AgreementHistory,
  AgreementPage,
  AgreementParams,
  AgreementQuery,
  AgreementVersion,
  type CompleteAgreement,
  completeAgreement,
  LifeCycle,
} from './agreements.ts';
export {
  Answer,
  BatchAnswer,
  BatchItemAnswer,
  Component,
  IdentifierReading,
  MembershipStatus,
  Reason,
} from './answer.ts';
export {
  Benefit,
  BenefitPage,
  IdentifierScheme,
  IdentifierSchemePage,
} from './code-lists.ts';
export {
  AdministrationCode,
  AgreementId,
  ClientId,
  Confidence,
  Cursor,
  FieldError,
  Identifier,
  ListQuery,
  PAGE_MAX,
  ProgrammeId,
  pageOf,
  pageQuery,
  Role,
  RuleId,
  SchemeCode,
  Sources,
  TypeCode,
} from './common.ts';
export { CSV_COLUMNS, type CsvColumn, csvHeaderErrors, fromCsvRecord } from './csv.ts';
export { Day, DayOrInstant, Instant, PartialDay } from './days.ts';
export { fieldErrors, pointerTo } from './field-errors.ts';
export { ImportQuery, ImportRejection, ImportResult, REJECTIONS_MAX } from './imports.ts';
export { LocalSuspension, LocalSuspensionBody } from './local-suspensions.ts';
export { MembershipEvent, RecordedEvent } from './membership-events.ts';
export {
  Address,
  AuthorisationNumber,
  type CompleteMembershipRecord,
  Consent,
  completeMembershipRecord,
  ImportLine,
  MemberIdentifier,
  MembershipRecord,
  PartyName,
} from './membership-record.ts';
export {
  AsOfQuery,
  LocalSuspensionParams,
  Membership,
  MembershipEventParams,
  MembershipHistory,
  MembershipPage,
  MembershipParams,
  MembershipQuery,
  MembershipVersion,
  Warning,
} from './memberships.ts';
export { MutualAssistance, MutualAssistancePage, NetworkAnswer, NetworkQuery } from './network.ts';
export { Liveness, Readiness } from './operations.ts';
export {
  ExchangeReport,
  Partner,
  PartnerDetail,
  PartnerPage,
  PartnerParams,
  ResynchroniseBody,
} from './partners.ts';
export { Presentation, PresentationPage, PresentationQuery } from './presentations.ts';
export {
  MAX_FIELD_ERRORS,
  PROBLEM_CODES,
  PROBLEMS,
  Problem,
  type ProblemCode,
  ProblemDocument,
  type ProblemOptions,
  type ProblemStatus,
  problem,
  problemDocument,
} from './problems.ts';
export {
  type CompleteProgramme,
  completeProgramme,
  Programme,
  ProgrammeBody,
  ProgrammePage,
  ProgrammeParams,
} from './programmes.ts';
export {
  DiscardBody,
  QUARANTINE_CODES,
  QuarantineCode,
  QuarantinedRecord,
  QuarantineEntry,
  QuarantinePage,
  QuarantineParams,
  QuarantineQuery,
  QuarantineState,
} from './quarantine.ts';
export { BATCH_MAX, BatchRequest, InvalidAnswer, Question, QuestionQuery } from './question.ts';
export { invalidAnswer, NOT_YET_KNOWN, type QuestionReading, readQuestion, type Vocabulary } from './read-question.ts';
export {
  fromReferenceAdministration,
  fromReferenceAgreement,
  fromReferenceMutualAssistance,
  fromReferenceProgramme,
  fromReferenceWorkPlan,
  type ReferenceAdministration,
  type ReferenceAgreement,
  type ReferenceMutualAssistance,
  type ReferenceProgramme,
  type ReferencePut,
  type ReferenceWorkPlan,
  type ReviewContext,
} from './reference.ts';
export { type AnswerContext, toAnswer } from './to-answer.ts';
export { unknownAdministration } from './unknown-administration.ts';
export { type WellFormed, wellFormed } from './well-formed.ts';
