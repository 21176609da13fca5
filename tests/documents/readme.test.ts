import { existsSync, readFileSync } from 'node:fs';
import { CONFIGURATION } from '@mra/api';
import { describe, expect, test } from 'vitest';
import { demoProgrammes, members } from '../support/demo-members.ts';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const rows = (file: string): number =>
  JSON.parse(readFileSync(new URL(`db/seeds/reference/${file}.json`, root), 'utf8')).length;

describe('the README', () => {
  test('lists every environment variable as the service reads it', () => {
    const table = CONFIGURATION.map(
      ({ name, default: value, description }) => `| \`${name}\` | ${value} | ${description} |`,
    );
    expect(readme).toContain(['| variable | default | meaning |', '|---|---|---|', ...table, ''].join('\n'));
  });

  test('counts the reference data and the demonstration members as they are', () => {
    const agreements: { rules: unknown[] }[] = JSON.parse(
      readFileSync(new URL('db/seeds/reference/agreements.json', root), 'utf8'),
    );
    const rules = agreements.flatMap((agreement) => agreement.rules).length;
    expect(readme).toContain(
      `${rows('administrations')} administrations, ${rows('programmes')} programmes, ${agreements.length} agreements with ${rules} directed rules`,
    );
    expect(readme).toContain(`${members.length} invented members`);
    expect(demoProgrammes.length).toBeGreaterThanOrEqual(15);
  });

  test('names only commands and files that exist', () => {
    const scripts = Object.keys(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).scripts);
    for (const [, script] of readme.matchAll(/npm run (?:-s )?([\w:]+)/g)) expect(scripts).toContain(script);
    for (const [, path] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g))
      expect(existsSync(new URL(path ?? '', root)), path).toBe(true);
  });
});
