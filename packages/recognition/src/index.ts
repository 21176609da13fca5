export * from './closed-sets.ts';
export { decide } from './decide.ts';
export * from './decision.ts';
export { explainUnknown } from './explain.ts';
export { identifierFacts, presentationsOf, type RecordedIdentifier } from './identifiers/identifier-facts.ts';
export { constructMid, type Manufacturer } from './identifiers/mid.ts';
export { matchName } from './identifiers/name-match.ts';
export { isPlausibleIdentifier, normaliseIdentifier } from './identifiers/normalise.ts';
export { compilePattern, type Pattern } from './identifiers/pattern.ts';
export { presentedCodes } from './identifiers/presented-codes.ts';
export { firstMatchingSchemes, matchingSchemes } from './identifiers/schemes.ts';
export { applyTemplate } from './identifiers/transform.ts';
export {
  EVENT_TYPES,
  type EventType,
  type LifeCycleResult,
  lifeCycle,
  type MembershipBase,
  type MembershipEvent,
} from './life-cycle.ts';
export { overallStatus, statusesAt, typeHeld } from './membership.ts';
export * from './membership-types.ts';
export { indexNetwork, programmeAt, recognisingTerritories, typesFrom } from './network.ts';
export * from './network-types.ts';
export * from './question.ts';
export { type RecognitionPair, recognitionPairs } from './recognition-pairs.ts';
export { startOf } from './rules/agreement-in-force.ts';
export * from './time.ts';
