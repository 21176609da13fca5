import { expect, test } from 'vitest';
import { createLogger } from './logging.ts';
import { RequestLogger } from './request-logger.ts';

test('writes as a child of its parent would, of every level and to children of its own', () => {
  const lines: Record<string, unknown>[] = [];
  const parent = createLogger('debug', { write: (line) => void lines.push(JSON.parse(line)) });
  const logger = new RequestLogger(parent, { requestId: 'mine' });
  logger.trace('too fine');
  logger.debug('one');
  logger.info({ count: 2 }, 'two');
  logger.warn({ authorization: 'SECRET' }, 'three');
  logger.error(new Error('four'));
  logger.fatal('five');
  logger.silent('nothing');
  logger.child({ part: 'six' }).info('seven');
  expect(logger.level).toBe('debug');
  expect(lines).toMatchObject([
    { level: 20, requestId: 'mine', msg: 'one' },
    { level: 30, requestId: 'mine', count: 2, msg: 'two' },
    { level: 40, requestId: 'mine', authorization: '[redacted]', msg: 'three' },
    { level: 50, requestId: 'mine', err: { message: 'four' }, msg: 'error' },
    { level: 60, requestId: 'mine', msg: 'five' },
    { level: 30, requestId: 'mine', part: 'six', msg: 'seven' },
  ]);
});
