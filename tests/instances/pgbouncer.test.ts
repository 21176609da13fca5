import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from '@mra/registry';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endService, killServices, startService, tokenOf, urlOf } from '../start/fixtures/service-process.ts';
import { aMember, membersOf } from '../support/members.ts';
import { type Cluster, startPrimary } from './fixtures/clusters.ts';
import { anInstance, fill } from './fixtures/instances.ts';
import {
  findPgBouncer,
  type Login,
  type PgBouncer,
  type Program,
  startPgBouncer,
  withReason,
} from './fixtures/pgbouncer.ts';

const found = await findPgBouncer();
const program = typeof found === 'string' ? null : found;

/** What the README has operators make. */
const service: Login = { user: 'mra_api', password: 'for-these-tests' };
const tokyo: Login = { user: 'mra_tokyo', password: 'for-these-tests' };
const stranger: Login = { user: 'mra_stranger', password: 'for-these-tests' };
const decider: Login = { user: 'mra_two_roles', password: 'for-these-tests' };
const owner: Login = { user: 'mra_owner', password: 'for-these-tests' };

let primary: Cluster;
let pooler: PgBouncer;
const toStop: (() => Promise<void>)[] = [];

async function poolerWith(options: Partial<Parameters<typeof startPgBouncer>[1]> = {}): Promise<PgBouncer> {
  const logins = [service, tokyo, stranger, decider, owner];
  const started = await startPgBouncer(program as Program, { target: primary.url, logins, poolSize: 3, ...options });
  toStop.push(() => started.stop());
  return started;
}

async function failureOf(url: string, options: { readonly session?: boolean } = { session: false }): Promise<string> {
  const pool = createPool({ url, max: 1, ...options });
  try {
    return await pool.query('select').then(
      () => 'none',
      ({ message }) => message,
    );
  } finally {
    await pool.end();
  }
}

describe.skipIf(program === null)(
  withReason(
    `instances behind PgBouncer ${program?.version ?? ''} in transaction mode`,
    typeof found === 'string' ? found : null,
  ),
  () => {
    beforeAll(async () => {
      primary = await startPrimary();
      toStop.push(() => primary.stop());
      await fill(primary.url);
      for (const { user, password } of [service, tokyo, stranger, decider, owner])
        await primary.query(`create role ${user} login password '${password}'`);
      await primary.query(`
        grant mra_service to mra_api, mra_tokyo, mra_two_roles, mra_owner;
        grant mra_decider to mra_two_roles;
        alter role mra_api set timezone = 'UTC';
        alter role mra_tokyo set timezone = 'Asia/Tokyo';
        alter table membership_event owner to mra_owner`);
      pooler = await poolerWith();
    });
    afterAll(async () => {
      killServices();
      for (const stop of toStop.toReversed()) await stop();
    });

    describe('a connection', () => {
      test('works for a login that is a member of mra_service and nothing else', async () => {
        expect(await failureOf(pooler.urlFor(service))).toBe('none');
      });

      test('is refused to a login that could pass by row-level security, whatever its present role', async () => {
        for (const login of [owner, decider])
          expect(await failureOf(pooler.urlFor(login))).toMatch(/nothing but a member/);
        // A superuser's as well, here without a pooler between.
        expect(await failureOf(primary.url)).toMatch(/nothing but a member/);
      });

      test('is refused to a login that is no member, or in another time zone', async () => {
        expect(await failureOf(pooler.urlFor(stranger))).toMatch(/must be a member of mra_service/);
        expect(await failureOf(pooler.urlFor(tokyo))).toMatch(/time zone UTC/);
      });

      test('of a session that the pooler does not keep is refused, not used with the rights of the login', async () => {
        expect(await failureOf(pooler.urlFor(service), {})).toMatch(/unsupported startup parameter/);
        const deaf = await poolerWith({
          settings: {
            ignore_startup_parameters: 'options,statement_timeout,idle_in_transaction_session_timeout',
            pool_mode: 'session',
          },
        });
        expect(await failureOf(deaf.urlFor(service), {})).toMatch(
          /work as mra_api, not as mra_service.*DATABASE_POOLER/,
        );
        expect(await failureOf(deaf.urlFor(owner), {})).toMatch(/work as mra_owner, not as mra_service/);
      });
    });

    describe('two instances', () => {
      test('know at once what the other has written', async () => {
        const writer = await anInstance(pooler.urlFor(service), { session: false });
        const reader = await anInstance(pooler.urlFor(service), { session: false });
        const number = 'DEAEOF00700001';
        expect((await membersOf(writer).put(number)).statusCode).toBe(201);
        let seq = 0;
        for (let round = 0; round < 20; round += 1) {
          const type = round % 2 === 0 ? 'suspended' : 'reinstated';
          const written = await membersOf(round % 3 === 0 ? reader : writer).event(number, { type });
          expect(written.statusCode).toBe(201);
          expect(Number(written.headers['change-seq'])).toBeGreaterThan(seq);
          seq = Number(written.headers['change-seq']);
          const answers = await Promise.all(
            [reader, writer, reader].map((instance) => membersOf(instance).ask({ identifier: number })),
          );
          const expected = type === 'suspended' ? 'NOT_ACTIVE' : 'RECOGNISED';
          expect(answers.map((answer) => answer.json().reason)).toEqual([expected, expected, expected]);
        }
      });

      test('show each administration its own, however few connections they share', async () => {
        const narrow = await poolerWith({ poolSize: 2 });
        const instances = await Promise.all(
          [0, 1].map(() => anInstance(narrow.urlFor(service), { session: false, max: 8 })),
        );
        const secret = 'DEAEOF00700002';
        await membersOf(instances[0] as (typeof instances)[0]).put(secret, aMember({ consent: { given: false } }));
        const asked = Array.from({ length: 240 }, async (_, index) => {
          const members = membersOf(instances[index % 2] as (typeof instances)[0]);
          const administration = ['EU', 'JP', null][index % 3];
          if (index % 5 === 0) return members.ask({ identifier: secret }, { administration: administration ?? null });
          return members.get(secret, '', { administration: administration ?? null });
        });
        for (const [index, answer] of (await Promise.all(asked)).entries()) {
          const isOwner = index % 3 === 0;
          if (index % 5 === 0) expect(answer.json().reason).toBe(isOwner ? 'NO_CONSENT' : 'UNKNOWN_TRADER');
          else expect(answer.statusCode).toBe(isOwner ? 200 : 404);
        }
      });

      test('are not misled by what another program has left on a connection', async () => {
        const single = await poolerWith({ poolSize: 1 });
        const instance = await anInstance(single.urlFor(service), { session: false });
        const secret = 'DEAEOF00700003';
        const members = membersOf(instance);
        await members.put(secret, aMember({ consent: { given: false } }));
        const other = new pg.Client({ connectionString: single.urlFor(service) });
        await other.connect();
        for (const left of [
          `set mra.administration = 'EU'`,
          `set mra.copies = 'on'`,
          `set mra.exchange = 'on'`,
          'set role none',
        ]) {
          await other.query(left);
          expect((await members.get(secret, '', { administration: 'JP' })).statusCode).toBe(404);
          expect((await members.search({ identifier: secret }, { administration: 'JP' })).json().data).toEqual([]);
          expect((await members.event(secret, { type: 'suspended' }, { administration: 'JP' })).statusCode).toBe(403);
        }
        await other.end();
      });
    });

    describe('processes', () => {
      const issued = { DATABASE_POOLER: 'on', DEMO_MEMBERS: 'on' };
      let dataDir: string;
      beforeAll(async () => {
        dataDir = await mkdtemp(join(tmpdir(), 'mra-pooled-'));
        toStop.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
        await primary.query('create database fresh');
      });

      test('start at once on a new database, migrate it by its owner, and answer alike', async () => {
        const target = new URL(primary.url);
        target.pathname = '/fresh';
        const fresh = await poolerWith({ target: target.href });
        const env = { ...issued, DATABASE_URL: fresh.urlFor(service), MIGRATION_DATABASE_URL: target.href };
        const services = await Promise.all([startService(dataDir, { env }), startService(dataDir, { env })]);
        for (const started of services) {
          expect((await fetch(`${urlOf(started)}/readyz`)).status).toBe(200);
          const answer = await fetch(`${urlOf(started)}/v1/recognition?recogniser=JP&identifier=DEAEOF00012345`, {
            headers: { authorization: `Bearer ${tokenOf(started)}` },
          });
          expect(await answer.json()).toMatchObject({ outcome: 'recognised' });
        }
        for (const started of services) expect((await endService(started)).code).toBe(0);
      });

      test('that take the pooler for a server of their own do not start, and say what to set', async () => {
        const started = await startService(dataDir, { env: { DATABASE_URL: pooler.urlFor(service) } });
        expect(started.url).toBeNull();
        expect(started.stderr().trimEnd().split('\n')).toEqual([expect.stringMatching(/DATABASE_POOLER=on/)]);
      });

      test('whose login owns a table do not start, and say so', async () => {
        const started = await startService(dataDir, { env: { ...issued, DATABASE_URL: pooler.urlFor(owner) } });
        expect(started.url).toBeNull();
        expect(started.stderr().trimEnd().split('\n')).toEqual([
          expect.stringMatching(/nothing but a member of mra_service/),
        ]);
      });
    });

    const keeps = program?.keepsStatements ? null : `PgBouncer ${program?.version ?? ''} does not keep them, 1.21 does`;
    test.skipIf(keeps !== null)(
      withReason('named prepared statements work where the pooler keeps them', keeps),
      async () => {
        const keeping = await poolerWith({ settings: { max_prepared_statements: 100 } });
        const instances = await Promise.all(
          [0, 1].map(() => anInstance(keeping.urlFor(service), { session: false, prepare: true, max: 8 })),
        );
        const statuses = Array.from({ length: 200 }, async (_, index) => {
          const members = membersOf(instances[index % 2] as (typeof instances)[0]);
          const number = `DEAEOF0071${String(index).padStart(4, '0')}`;
          if (index % 10 === 0) return (await members.put(number)).statusCode;
          if (index % 10 < 5) return (await members.get('DEAEOF00012345')).statusCode;
          return (await members.ask({ identifier: 'DEAEOF00012345' })).statusCode;
        });
        expect(new Set(await Promise.all(statuses))).toEqual(new Set([200, 201]));
      },
    );
  },
);
