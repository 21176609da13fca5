import { setExample } from './set-example.ts';

/** What the document shows of pushed events. */
export const pushExamples = {
  tokens: {
    signed: {
      summary: 'Header, claims and signature, each in base64url',
      value: setExample.compact,
    },
  },
  errors: {
    key: {
      summary: 'Not signed by a registered key',
      value: { err: 'invalid_key', description: 'No key registered for this partner made the signature.' },
    },
    record: {
      summary: 'The record was put aside',
      value: { err: 'invalid_request', description: 'The record cannot be applied: UNKNOWN_TYPE.' },
    },
  },
} as const;
