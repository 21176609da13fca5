import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { type Check, hookOf } from './checks.ts';

async function answered(checks: readonly Check[]) {
  const app = Fastify();
  app.addHook('onRequest', hookOf(checks));
  app.get('/', async () => 'worked on');
  const { statusCode, body } = await app.inject('/');
  return { statusCode, body };
}

describe('checks run one after the other', () => {
  test('until all have passed, at once or later', async () => {
    const order: string[] = [];
    const checks: Check[] = [
      () => void order.push('first'),
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push('second');
      },
      () => void order.push('third'),
    ];
    expect(await answered(checks)).toEqual({ statusCode: 200, body: 'worked on' });
    expect(order).toEqual(['first', 'second', 'third']);
  });

  const refused = Object.assign(new Error('no'), { statusCode: 403 });
  const later = async () => undefined;
  const never: Check = () => {
    throw new Error('a check after the one that ended the request');
  };
  test.each<[string, Check[]]>([
    ['rejects', [() => Promise.reject(refused), never]],
    [
      'throws',
      [
        () => {
          throw refused;
        },
        never,
      ],
    ],
    [
      'throws after one that took its time',
      [
        later,
        () => {
          throw refused;
        },
        never,
      ],
    ],
    ['answers', [(_request, reply) => void reply.code(403).send('no'), never]],
    ['answers after one that took its time', [later, (_request, reply) => void reply.code(403).send('no'), never]],
  ])('until one %s', async (_how, checks) => {
    expect(await answered(checks)).toMatchObject({ statusCode: 403 });
  });
});
