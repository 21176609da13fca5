import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** What docker-compose.yml and the Dockerfile say of the containers of ours: those that are not the databases. Read as text, in the form that they have. */

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const compose = read('docker-compose.yml');
const dockerfile = read('Dockerfile')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** The lines below a heading of the file, without their indentation of two. */
function blockOf(text: string, heading: RegExp): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => heading.test(line));
  expect(start).toBeGreaterThan(-1);
  const length = lines.slice(start + 1).findIndex((line) => /^\S/.test(line));
  const block = lines.slice(start + 1, length === -1 ? undefined : start + 1 + length);
  return block.map((line) => line.replace(/^ {2}/, '')).join('\n');
}

const services = blockOf(compose, /^services:$/);
const names = [...services.matchAll(/^([\w-]+):$/gm)].map(([, name = '']) => name);
const ours = names.filter((name) => !name.endsWith('-postgres'));
const serviceOf = (name: string) => blockOf(services, new RegExp(`^${name}:$`));

/** The last instruction of this name in the last stage, which is the one that runs. */
function lastInstruction(name: string): string {
  const stage = dockerfile.slice(dockerfile.findLastIndex((line) => line.startsWith('FROM ')));
  return stage.findLast((line) => line.startsWith(`${name} `)) ?? '';
}

test('two administrations, each with a database, an API and an exchange worker', () => {
  const parts = ['postgres', 'api', 'exchange'];
  expect(names.toSorted()).toEqual(['eu', 'jp'].flatMap((code) => parts.map((part) => `${code}-${part}`)).toSorted());
});

test.each(ours)('%s runs on a file system that it can only read, and not as root', (name) => {
  const service = serviceOf(name);
  // Nothing in it but what follows may take back what all have in common.
  const keys = [...service.matchAll(/^([\w<-]+):/gm)].map(([, key]) => key);
  expect(service).toMatch(/^<<: \*service$/m);
  expect(['<<', 'environment', 'command', 'depends_on', 'ports', 'volumes']).toEqual(expect.arrayContaining(keys));
  const common = blockOf(compose, /^x-service: &service$/);
  expect(common).toMatch(/^read_only: true$/m);
  expect(common).toMatch(/^build: \.$/m);
  expect(common).not.toMatch(/^(user|privileged|cap_add|healthcheck):/m);
  expect(lastInstruction('USER')).toMatch(/^USER (?!root|0)[\w:]+$/);
});

test.each(ours)('%s has a check of its health', (name) => {
  expect(serviceOf(name)).not.toMatch(/^healthcheck:/m);
  const check = dockerfile.slice(dockerfile.findLastIndex((line) => line.startsWith('HEALTHCHECK'))).join('\n');
  expect(check).toMatch(/^HEALTHCHECK (?!NONE)/);
  expect(check).toMatch(/\/(readyz|livez)/);
});

test('a container that needs another waits for it to be healthy', () => {
  for (const name of ours) {
    const needs = /^depends_on: \{([\w-]+): \{condition: service_healthy\}\}$/m.exec(serviceOf(name))?.[1];
    expect(names).toContain(needs);
  }
  expect(blockOf(compose, /^x-database: &database$/)).toMatch(/^healthcheck:$/m);
});
