import { expect, test } from 'vitest';
import { judgePushResponse } from './push.ts';
import { SET_ERROR_CODES, setError } from './set-errors.ts';

const answer = (status: number, body: unknown = '') =>
  judgePushResponse({ status, body: typeof body === 'string' ? body : JSON.stringify(body) });

test('202 acknowledges, whatever its body (RFC 8935 section 2.2)', () => {
  expect(answer(202)).toEqual({ kind: 'delivered' });
  expect(answer(202, '<html>')).toEqual({ kind: 'delivered' });
});

test.each([200, 201, 204, 301, 401, 403, 404, 409, 413, 429, 500, 502, 503])(
  '%i does not acknowledge: it comes again',
  (status) => {
    expect(answer(status, setError('invalid_request', 'x'))).toMatchObject({ kind: 'retry', error: null });
  },
);

test.each([
  ['invalid_request', 'refused'],
  ['access_denied', 'refused'],
  ['invalid_state', 'refused'],
  ['jwtParse', 'refused'],
  ['invalid_key', 'retry'],
  ['invalid_issuer', 'retry'],
  ['invalid_audience', 'retry'],
  ['authentication_failed', 'retry'],
])('400 %s is %s (RFC 8935 sections 2.3, 2.4)', (err, kind) => {
  expect(answer(400, { err, description: 'why' })).toMatchObject({ kind, error: { err, description: 'why' } });
});

test('every code of the registry is decided above', () => {
  for (const err of SET_ERROR_CODES) expect(answer(400, setError(err, '')).kind).not.toBe('delivered');
});

test.each([
  '',
  'garbage',
  '[]',
  '{}',
  '{"err":1}',
  '{"err":""}',
  '{"error":"invalid_request"}',
  '{"err":"a","err":"b"}',
])('400 with %j is garbage, and comes again', (body) => {
  expect(answer(400, body)).toMatchObject({ kind: 'retry', error: null });
});

test('a description may be missing, and is cut and cleaned, not refused', () => {
  expect(answer(400, { err: 'invalid_request' })).toMatchObject({ kind: 'refused', error: { description: '' } });
  const long = answer(400, { err: 'invalid_request', description: `a\n\0${'x'.repeat(5000)}` });
  const description = long.kind === 'refused' ? long.error.description : '';
  expect([description.length, description.slice(0, 4)]).toEqual([2000, 'a  x']);
});
