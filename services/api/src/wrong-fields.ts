import { type Problem, problem } from '@mra/contracts';

/** VALIDATION_FAILED for fields that their schema let through and their meaning does not; told like those of a schema. */
export function wrongFields(errors: readonly { readonly pointer: string; readonly detail: string }[]): Problem {
  return problem('VALIDATION_FAILED', {
    detail: errors.length === 1 ? 'One field is wrong.' : `${errors.length} fields are wrong.`,
    errors: errors.map(({ pointer, detail }) => ({ pointer, detail })),
  });
}
