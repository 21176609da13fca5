import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { loadDemo, loadReference } from '@mra/api';
import { createNetworkCache, createPool, type Database, migrate, type NetworkCache, openDatabase } from '@mra/registry';
import pg from 'pg';
import { afterAll, inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  /** As the service works: role `mra_service`, bound by row-level security. */
  readonly db: Database;
  readonly networks: NetworkCache;
  /** Removes every member and what belongs to it, as the owner of the tables: the product itself removes nothing. */
  clear(): Promise<void>;
  /** Runs a statement as the owner of the tables, past row-level security. */
  asOwner(text: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
}

/**
 * A database of its own for one test file: a copy of a template that has the migrations, the reference data and, where asked for,
 * the demonstration members. It is dropped when the file ends.
 */
export async function createTestDatabase({ demo = false }: { readonly demo?: boolean } = {}): Promise<TestDatabase> {
  const server = inject('databaseServerUrl');
  const template = await ensureTemplate(server, demo);
  const name = `mra_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, (client) => client.query(`create database ${name} template ${template} strategy file_copy`));
  const url = databaseUrl(server, name);
  const pool = createPool({ url, max: 4, applicationName: 'mra-test' });
  const db = openDatabase(pool);
  const owner = createPool({ url, max: 1, role: null, applicationName: 'mra-test-owner' });
  const asOwner = (text: string, values: readonly unknown[] = []) => owner.query(text, [...values]);
  afterAll(async () => {
    await owner.end();
    await db.destroy();
    await onServer(server, (client) => client.query(`drop database if exists ${name} with (force)`));
  });
  // Deleting a few rows takes a fiftieth of the time that truncating eight tables does.
  const clear = async (): Promise<void> => {
    await asOwner(`
      with s as (delete from membership_status), i as (delete from membership_identifier), c as (delete from membership_consent),
           r as (delete from membership_record), e as (delete from membership_event), l as (delete from local_suspension),
           y as (delete from synchronisation), d as (delete from membership_doubt)
      select`);
    await asOwner('delete from membership');
  };
  return { url, db, networks: createNetworkCache(db), clear, asOwner };
}

/** One template for each state of the migrations and seeds, made once whatever files ask for it at the same time. */
async function ensureTemplate(server: string, demo: boolean): Promise<string> {
  const folders = ['migrations', 'seeds/reference', ...(demo ? ['seeds/demo'] : [])];
  const hash = createHash('sha256');
  for (const folder of folders) {
    const url = new URL(`../../db/${folder}/`, import.meta.url);
    for (const file of readdirSync(url).toSorted()) hash.update(file).update(readFileSync(new URL(file, url)));
  }
  const name = `mra_template_${demo ? 'demo' : 'reference'}_${hash.digest('hex').slice(0, 16)}`;
  await onServer(server, async (client) => {
    await client.query('select pg_advisory_lock(7100)');
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) {
      const making = `${name}_making`;
      await client.query(`drop database if exists ${making} with (force)`);
      await client.query(`create database ${making}`);
      await fill(databaseUrl(server, making), demo);
      await client.query(`alter database ${making} rename to ${name}`);
    }
    await client.query('select pg_advisory_unlock(7100)');
  });
  return name;
}

async function fill(url: string, demo: boolean): Promise<void> {
  await migrate(url);
  const db = openDatabase(createPool({ url, max: 2 }));
  try {
    await loadReference(db);
    if (demo) await loadDemo(db, createNetworkCache(db), () => true);
  } finally {
    await db.destroy();
  }
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
