import { describe, expect, test } from 'vitest';
import { databaseProblem } from './database-problems.ts';

/** An error as pg makes it of a message of the server. */
const reported = (code: string, constraint?: string) =>
  Object.assign(new Error('duplicate key value violates …'), {
    code,
    severity: 'ERROR',
    constraint,
    detail: 'Key (name)=(secret)',
  });

const ofNetwork = (code: string, syscall?: string) => Object.assign(new Error(`${syscall} ${code}`), { code, syscall });

describe('a constraint', () => {
  test('of the life cycle is TRANSITION_NOT_ALLOWED', () => {
    expect(databaseProblem(reported('23514', 'membership_status_life_cycle'))).toMatchObject({
      code: 'TRANSITION_NOT_ALLOWED',
      status: 409,
    });
  });

  test.each([
    ['23505', 'membership_programme_number_normalised_key'],
    ['23P01', 'union_member_no_overlap'],
  ])('with the state %s, %s, is CONFLICT in our own words', (state, constraint) => {
    const error = reported(state, constraint);
    const answered = databaseProblem(error);
    expect(answered).toMatchObject({ code: 'CONFLICT', status: 409, cause: error });
    expect(answered?.detail).not.toMatch(/secret|violates|_/);
  });

  test('that has no entry is no problem of the caller', () => {
    expect(databaseProblem(reported('23505', 'change_log_pkey'))).toBeNull();
    expect(databaseProblem(reported('23514', 'membership_programme_check'))).toBeNull();
    expect(databaseProblem(reported('23505', 'toString'))).toBeNull();
  });
});

describe('a database that cannot answer is SERVICE_UNAVAILABLE', () => {
  test.each([
    reported('57P01'),
    reported('57P03'),
    reported('57014'),
    reported('53300'),
    reported('08006'),
    reported('40P01'),
    ofNetwork('ECONNREFUSED', 'connect'),
    ofNetwork('ECONNRESET', 'read'),
    ofNetwork('ENOTFOUND', 'getaddrinfo'),
    new AggregateError([ofNetwork('ECONNREFUSED', 'connect'), ofNetwork('ECONNREFUSED', 'connect')]),
    new Error('Connection terminated unexpectedly'),
    new Error('Connection terminated due to connection timeout'),
    new Error('timeout exceeded when trying to connect'),
  ])('%s', (error) => {
    const answered = databaseProblem(error);
    expect(answered).toMatchObject({ code: 'SERVICE_UNAVAILABLE', headers: { 'retry-after': '5' }, cause: error });
    expect(answered?.detail).toBe('The database cannot answer now.');
  });
});

describe('none of the database', () => {
  test.each([
    ['a mistake in a statement', reported('42601')],
    ['a value that does not fit', reported('22P02')],
    ['a request that broke off', ofNetwork('ECONNRESET')],
    ['an error of the code', new TypeError('x is not a function')],
    ['what is no error', 'ECONNREFUSED'],
  ])('%s', (_name, error) => {
    expect(databaseProblem(error)).toBeNull();
  });
});
