import { randomUUID } from 'node:crypto';
import { migrate } from '@mra/registry';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const name = `mra_owner_${randomUUID().replaceAll('-', '')}`;
const url = new URL(inject('databaseServerUrl'));
url.pathname = `/${name}`;
url.username = name;
url.password = 'geheim';

let database: TestDatabase;
beforeAll(async () => {
  // Its template has made the roles, as a superuser does beforehand.
  database = await createTestDatabase();
  await database.asOwner(`create role ${name} login nocreaterole password 'geheim'`);
  await database.asOwner(`create database ${name} owner ${name}`);
});
afterAll(async () => {
  await database.asOwner(`drop database ${name} with (force)`);
  await database.asOwner(`drop role ${name}`);
});

test('an owner who may not make roles migrates once the roles are granted, and not before', async () => {
  await expect(migrate(url.href)).rejects.toThrow('permission denied to grant role "mra_service"');
  await database.asOwner(`grant mra_service, mra_decider to ${name}`);
  expect(await migrate(url.href)).toContain('0001_foundation');
  expect(await migrate(url.href)).toEqual([]);
});
