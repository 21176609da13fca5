/** The closed sets of the contract. The order of {@link REASONS} ranks how close a rule came to recognising. */
export const OUTCOMES = ['recognised', 'not_recognised', 'indeterminate'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const REASONS = [
  'IDENTIFIER_INVALID',
  'UNKNOWN_TRADER',
  'NO_CONSENT',
  'AMBIGUOUS_IDENTIFIER',
  'NO_AGREEMENT',
  'AGREEMENT_NOT_IN_FORCE',
  'TYPE_NOT_COVERED',
  'ROLE_NOT_COVERED',
  'FLOW_NOT_COVERED',
  'NOT_ACTIVE',
  'LOCALLY_SUSPENDED',
  'AGREEMENT_START_UNCERTAIN',
  'DATA_STALE',
  'RECOGNISED',
] as const;
export type Reason = (typeof REASONS)[number];

export const CONDITION_CODES = [
  'AGREEMENT_IN_FORCE',
  'TYPE_COVERED',
  'ROLE_COVERED',
  'FLOW_COVERED',
  'STATUS_ACTIVE',
  'NOT_LOCALLY_SUSPENDED',
  'CONSENT_GIVEN',
  'DATA_FRESH',
] as const;
export type ConditionCode = (typeof CONDITION_CODES)[number];

export const ROLES = [
  'importer',
  'exporter',
  'manufacturer',
  'customs_broker',
  'carrier',
  'freight_forwarder',
  'consolidator',
  'warehouse_operator',
  'terminal_operator',
  'third_party_logistics',
] as const;
export type Role = (typeof ROLES)[number];

export const FLOWS = ['import', 'export'] as const;
export type Flow = (typeof FLOWS)[number];

export const LIFE_CYCLE = [
  'exploratory',
  'joint_work_plan',
  'comparison',
  'joint_validation',
  'negotiating',
  'signed',
  'pilot',
  'in_force',
  'suspended',
  'terminated',
] as const;
export type LifeCycle = (typeof LIFE_CYCLE)[number];

/** Status of one component of an authorisation. `active` and `suspended` are live, the others end it (domain.md C.5). */
export const STATUSES = ['active', 'suspended', 'revoked', 'annulled', 'withdrawn', 'expired'] as const;
export type Status = (typeof STATUSES)[number];

export const CONSENT_REGIMES = ['none', 'all_partners', 'per_partner', 'unknown'] as const;
export type ConsentRegime = (typeof CONSENT_REGIMES)[number];

export const STRATEGIES = [
  'PARTNER_CODE',
  'TRANSFORMED_CODE',
  'RECOGNISER_CODE',
  'IMPORTER_DERIVED',
  'NAME_ADDRESS',
  'UNKNOWN',
] as const;
export type Strategy = (typeof STRATEGIES)[number];
