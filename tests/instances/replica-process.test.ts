import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  endService,
  killServices,
  MAIN,
  type ServiceProcess,
  startService,
  tokenOf,
  urlOf,
} from '../start/fixtures/service-process.ts';
import { aMember, memberUrl } from '../support/members.ts';
import { type Cluster, type ReplicaCluster, startPrimary, startReplica } from './fixtures/clusters.ts';

const KNOWN = 'DEAEOF00012345';

let dataDir: string;
let primary: Cluster;
let standby: ReplicaCluster;
let writer: ServiceProcess;
let token: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'mra-replicated-'));
  primary = await startPrimary();
  writer = await startService(dataDir, { env: { DATABASE_URL: primary.url, DEMO_MEMBERS: 'on' } });
  urlOf(writer);
  token = tokenOf(writer);
  standby = await startReplica(primary);
});
afterAll(async () => {
  killServices();
  await standby?.stop();
  await primary?.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function call(service: ServiceProcess, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers };
  return fetch(`${urlOf(service)}${path}`, { ...init, headers });
}
// biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, field by field
const bodyOf = async (answer: Response): Promise<any> => answer.json();
const put = (service: ServiceProcess, number: string, changes = {}) =>
  call(service, memberUrl(number), { method: 'PUT', body: JSON.stringify(aMember(changes)) });
const ask = async (service: ServiceProcess, identifier = KNOWN, headers: Record<string, string> = {}) =>
  bodyOf(await call(service, `/v1/recognition?recogniser=JP&identifier=${identifier}`, { headers }));

test('a process on a replica reads, follows its primary, and writes once the replica has been promoted', async () => {
  // Neither migrations nor seeds are tried there.
  const env = { DATABASE_URL: standby.url, DEMO_MEMBERS: 'on' };
  const reader = await startService(dataDir, { env });
  expect(urlOf(reader)).toBeDefined();
  expect(reader.stdout()).toContain('read-only: the database is a streaming replica');
  expect(await bodyOf(await call(reader, '/readyz'))).toMatchObject({
    status: 'ready',
    replica: { changeSeq: expect.any(Number) },
  });
  expect(await (await call(reader, '/metrics')).text()).toMatch(/^replica_lag_seconds \d/m);
  expect(await (await call(writer, '/metrics')).text()).not.toMatch(/^replica_lag_seconds /m);

  const written = await put(writer, 'DEAEOF00900001', { validFrom: '2020-01-01' });
  expect(written.status).toBe(201);
  const seq = written.headers.get('change-seq') ?? '';
  expect(await ask(reader, 'DEAEOF00900001', { 'min-seq': seq })).toMatchObject({ outcome: 'recognised' });
  const refused = await put(reader, 'DEAEOF00900002');
  expect([refused.status, (await bodyOf(refused)).code]).toEqual([503, 'SERVICE_UNAVAILABLE']);

  const first = (await ask(reader)).question.knownAt;
  await expect.poll(async () => (await ask(reader)).question.knownAt > first, { timeout: 10_000 }).toBe(true);

  expect((await endService(writer)).code).toBe(0);
  const last = (await ask(reader)).question.knownAt;
  await standby.promote();
  await expect.poll(async () => (await put(reader, 'DEAEOF00900002')).status, { timeout: 20_000 }).toBe(201);
  const membership = await bodyOf(await call(reader, memberUrl('DEAEOF00900002')));
  expect(membership.recordedAt > last).toBe(true);
  expect(await bodyOf(await call(reader, '/readyz'))).toEqual({ status: 'ready' });
  expect((await endService(reader)).code).toBe(0);
});

test('migrations are refused on a replica, in one line', async () => {
  const second = await startReplica(primary);
  try {
    const migrate = join(dirname(MAIN), 'migrate.ts');
    const run = await startService(dataDir, {
      env: { DATABASE_URL: second.url },
      command: [process.execPath, migrate],
    });
    expect((await run.ended).code).toBe(1);
    expect(run.stderr()).toBe('DATABASE_URL is a streaming replica: its primary is what is migrated\n');
  } finally {
    await second.stop();
  }
});

test('a replica that has not received every migration is not ready, and is once it has', async () => {
  const third = await startReplica(primary);
  try {
    const { rows } = await primary.query(
      'delete from kysely_migration where name = (select max(name) from kysely_migration) returning name, timestamp',
    );
    const arrived = async () =>
      (await third.query('select name from kysely_migration where name = $1', [rows[0].name])).rowCount;
    await expect.poll(arrived).toBe(0);
    const reader = await startService(dataDir, { env: { DATABASE_URL: third.url } });
    const ready = async () => (await fetch(`${urlOf(reader)}/readyz`)).status;
    expect(await ready()).toBe(503);
    await primary.query('insert into kysely_migration values ($1, $2)', [rows[0].name, rows[0].timestamp]);
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
    expect((await endService(reader)).code).toBe(0);
  } finally {
    await third.stop();
  }
});
