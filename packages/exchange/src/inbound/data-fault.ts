/** data_exception, integrity_constraint_violation, program_limit_exceeded (PostgreSQL, appendix A). */
const OF_THE_DATA = /^(22|23|54)/;

/** Of an event whose application failed: `jti` says which. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
  readonly jti: string;
  constructor(jti: string, cause: unknown) {
    super('an event could not be applied', { cause });
    this.jti = jti;
  }
}

/** Whether an error says something about what was to be written, so that trying again will not help; all others pass. */
export function isDataFault(error: unknown): boolean {
  if (error instanceof EventRefused) return true;
  if (!(error instanceof Error)) return false;
  const { code, severity } = error as Error & { readonly code?: unknown; readonly severity?: unknown };
  // Only what PostgreSQL itself reports has a severity.
  if (severity !== undefined) return typeof code === 'string' && OF_THE_DATA.test(code);
  return error instanceof TypeError || error instanceof RangeError;
}
