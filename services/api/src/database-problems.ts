import { type Problem, type ProblemCode, problem } from '@mra/contracts';

/** A database that restarts or is overrun is back within seconds as a rule. */
const RETRY_AFTER_SECONDS = '5';

/**
 * What each constraint tells the caller whose request breaks it. The code checks before it writes; a constraint speaks where two facts
 * of one request contradict each other, or where a check was forgotten. Constraints that no request can reach have no entry.
 */
const CONSTRAINTS: Readonly<Record<string, { readonly code: ProblemCode; readonly detail: string }>> = {
  membership_status_life_cycle: {
    code: 'TRANSITION_NOT_ALLOWED',
    detail: 'A component would change to a status that cannot follow its present one.',
  },
  membership_programme_number_normalised_key: conflict('Another membership of the programme has this number.'),
  membership_record_no_overlap: conflict('The membership would have two records at one time.'),
  membership_status_no_overlap: conflict('A component would have two statuses at one time.'),
  membership_identifier_no_overlap: conflict('An identifier is given twice for one time.'),
  membership_consent_no_overlap: conflict('The membership would have two consents at one time.'),
  local_suspension_no_overlap: conflict('The member is suspended twice for one time.'),
  administration_no_overlap: conflict('The administration would have two descriptions at one time.'),
  union_member_no_overlap: conflict('A member of the union is named twice for one time.'),
  programme_no_overlap: conflict('The programme would have two descriptions at one time.'),
  agreement_no_overlap: conflict('The agreement would have two terms at one time.'),
  recognition_rule_no_overlap: conflict('A rule is given twice for one time.'),
};

/** Names of the constraints above, for the test that compares them with the database. */
export const NAMED_CONSTRAINTS: readonly string[] = Object.keys(CONSTRAINTS);

/** unique_violation, exclusion_violation, check_violation. */
const CONSTRAINT_STATES = new Set(['23505', '23P01', '23514']);

/**
 * The states (PostgreSQL, appendix A) in which trying again later may help: 08 connection, 53 insufficient resources, 57P shutdown;
 * query_canceled (the statement timeout), deadlock_detected, lock_not_available, idle_in_transaction_session_timeout; of a replica,
 * a query broken off by what it had to replay (serialization_failure), and a write (read_only_sql_transaction).
 */
const PASSING_STATES = /^(08|53|57P)|^(57014|40P01|55P03|25P03|40001|25006)$/;

/** Of the network between service and database. The end of a request's connection has ECONNRESET, too, but no system call. */
const NETWORK_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What pg, its pool and kysely throw without a code. */
const LOST_CONNECTION =
  /^(Connection terminated\b|timeout exceeded when trying to connect$|Client has encountered a connection error|Client was closed and is not queryable|Cannot use a pool after calling end|driver has already been destroyed$)/;

/**
 * An error of the database as the problem that it is to a caller: CONFLICT or TRANSITION_NOT_ALLOWED by the constraint that refused, or
 * SERVICE_UNAVAILABLE where the database cannot answer now. The error itself is the cause, for the log alone.
 * @returns null for every other error
 */
export function databaseProblem(error: unknown): Problem | null {
  if (!(error instanceof Error)) return null;
  const { code = '', severity, constraint = '' }: DatabaseError = error;
  // Only what PostgreSQL itself reports has a severity.
  if (severity === undefined)
    return isNetworkError(error) || LOST_CONNECTION.test(error.message) ? unavailable(error) : null;
  const broken =
    CONSTRAINT_STATES.has(code) && Object.hasOwn(CONSTRAINTS, constraint) ? CONSTRAINTS[constraint] : undefined;
  if (broken !== undefined) return problem(broken.code, { detail: broken.detail, cause: error });
  return PASSING_STATES.test(code) ? unavailable(error) : null;
}

type DatabaseError = Error & { readonly code?: string; readonly severity?: string; readonly constraint?: string };

function isNetworkError(error: Error & { readonly code?: string; readonly syscall?: string }): boolean {
  // A name with several addresses fails once for each.
  if (error instanceof AggregateError) return error.errors.some(isNetworkError);
  return error.syscall !== undefined && NETWORK_ERRORS.has(error.code ?? '');
}

function unavailable(cause: Error): Problem {
  return problem('SERVICE_UNAVAILABLE', {
    detail: 'The database cannot answer now.',
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
    cause,
  });
}

function conflict(detail: string) {
  return { code: 'CONFLICT', detail } as const;
}
