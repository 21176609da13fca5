export type EmbeddedDatabaseErrorCode =
  | 'FOLDER_IN_USE'
  | 'FOLDER_NOT_USABLE'
  | 'NO_BINARY'
  | 'NO_SUITABLE_USER'
  | 'NOT_STARTED'
  | 'STOPPED_UNEXPECTEDLY';

/** Every failure of this package. The message is one line that a user can act on. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
  readonly code: EmbeddedDatabaseErrorCode;

  constructor(code: EmbeddedDatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*\n\s*/g, ' '), options);
    this.code = code;
  }
}

/** The `code` of a system error (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
