import { describe, expect, test } from 'vitest';
import { addressOf, startMessage } from './start-message.ts';

describe('startMessage', () => {
  test('without a token is the address of Swagger UI', () => {
    expect(startMessage('http://127.0.0.1:3000', null)).toBe('Swagger UI: http://127.0.0.1:3000/docs\n');
  });

  test('with a token is one line for it and three to paste', () => {
    const lines = startMessage('http://127.0.0.1:3000', 'a.b.c').split('\n');
    expect(lines.filter((line) => line.startsWith('TOKEN='))).toEqual(['TOKEN=a.b.c']);
    expect(lines.filter((line) => line.startsWith('curl '))).toHaveLength(3);
  });

  test('has comments that an interactive zsh, which runs them, does not expand', () => {
    const comments = startMessage('http://127.0.0.1:3000', 'a.b.c')
      .split('\n')
      .filter((line) => line.startsWith('#'));
    expect(comments).toHaveLength(4);
    for (const comment of comments) expect(comment).toMatch(/^# [\w ,;]+$/);
  });
});

test.each([
  ['127.0.0.1', 'http://127.0.0.1:3000'],
  ['0.0.0.0', 'http://127.0.0.1:3000'],
  ['::', 'http://[::1]:3000'],
  ['fd00::5', 'http://[fd00::5]:3000'],
  ['mra.local', 'http://mra.local:3000'],
])('a service that listens on %s is reached at %s', (host, address) => {
  expect(addressOf(host, 3000)).toBe(address);
});
