import { expect, test } from 'vitest';
import { report } from './report.ts';

const result = {
  programme: 'eu-aeo',
  mode: 'delta',
  received: 4,
  created: 1,
  updated: 0,
  unchanged: 0,
  ended: 0,
  rejected: 3,
  rejections: [
    { line: 2, number: 'DEAEOF1', pointer: '/type', code: 'TYPE_UNKNOWN', detail: 'is not a type' },
    { line: 3, number: null, pointer: '', code: 'MALFORMED_JSON', detail: 'is not JSON' },
  ],
  rejectionsOmitted: 1,
};

test('counts and rejected lines', () => {
  expect(report({ status: 200, body: JSON.stringify(result) })).toEqual({
    lines: [
      'received 4, created 1, updated 0, unchanged 0, ended 0, rejected 3',
      'line 2: DEAEOF1 TYPE_UNKNOWN /type is not a type',
      'line 3: MALFORMED_JSON is not JSON',
      'and 1 rejected lines more',
    ],
    complaints: [],
    isWhole: false,
  });
});

test('a list of which every line was applied', () => {
  const whole = { ...result, rejected: 0, rejections: [], rejectionsOmitted: 0 };
  expect(report({ status: 200, body: JSON.stringify(whole) })).toMatchObject({ isWhole: true });
});

test('a refused list, with the reasons', () => {
  const problem = {
    code: 'REMOVALS_NOT_ALLOWED',
    title: 'The import would remove more members than allowed',
    detail: 'The list lacks 3 of 20 members.',
    errors: [
      { pointer: '/5/type', detail: 'is not a type' },
      { pointer: '', detail: 'is not text in UTF-8' },
    ],
  };
  expect(report({ status: 409, body: JSON.stringify(problem) })).toEqual({
    lines: [],
    complaints: [
      'import: 409 REMOVALS_NOT_ALLOWED: The import would remove more members than allowed. The list lacks 3 of 20 members.',
      '/5/type: is not a type',
      'list: is not text in UTF-8',
    ],
    isWhole: false,
  });
});

test('what a gateway answers in its own way', () => {
  expect(report({ status: 502, body: '<html>' }).complaints).toEqual(['import: 502, and no reason that can be read']);
});
