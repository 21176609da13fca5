import { REJECTIONS_MAX } from '@mra/contracts';
import { expect, test } from 'vitest';
import { createRejections, withMore } from './rejections.ts';

const at = (line: number) =>
  ({ line, number: null, pointer: '/type', code: 'TYPE_UNKNOWN', detail: 'is no type' }) as const;

test('all are counted, the first ones of the file are told', () => {
  const rejections = createRejections();
  for (let line = 2; line <= REJECTIONS_MAX + 3; line += 1) rejections.add(at(line));
  const { count, first } = withMore(rejections, { count: 1, first: [at(1)] });
  expect(count).toBe(REJECTIONS_MAX + 3);
  expect(first.map(({ line }) => line)).toEqual(Array.from({ length: REJECTIONS_MAX }, (_, index) => index + 1));
});
