import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createPool, openDatabase } from '@mra/registry';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});

describe('200', () => {
  test('while the database answers and has every migration', async () => {
    const { app } = await createTestApi(database);
    const answer = await app.inject({ url: '/readyz' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ready' });
  });
});

describe('503', () => {
  test('while the database does not answer, without telling why', async () => {
    const nobody = openDatabase(createPool({ url: 'postgres://nobody@127.0.0.1:1/none' }));
    const { app, log } = await createTestApi(database, { db: nobody });
    const answer = await app.inject({ url: '/readyz' });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE', detail: 'The database does not answer.' });
    expect(log).toContainEqual(expect.objectContaining({ err: expect.objectContaining({ code: 'ECONNREFUSED' }) }));
  });

  test('while a migration is missing, noticed within a second', async () => {
    const { app } = await createTestApi(database);
    expect((await app.inject({ url: '/readyz' })).statusCode).toBe(200);
    const { rows } = await database.asOwner(
      `delete from kysely_migration where name = (select max(name) from kysely_migration) returning name, timestamp`,
    );
    try {
      expect((await app.inject({ url: '/readyz' })).statusCode).toBe(200);
      await pause(1050);
      const answer = await app.inject({ url: '/readyz' });
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toMatchObject({ detail: 'The database lacks migrations.' });
    } finally {
      await database.asOwner('insert into kysely_migration values ($1, $2)', [rows[0]?.name, rows[0]?.timestamp]);
    }
  });

  test('once the service has begun to close, on connections that are still open', async () => {
    const { app } = await createTestApi(database);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    // Half a request: the connection is not idle, so closing leaves it open.
    socket.write('GET /readyz HTTP/1.1\r\nhost: x\r\n');
    await pause(50);
    const closed = app.close();
    await pause(50);
    socket.write('\r\n');
    await Promise.all([closed, once(socket, 'close')]);
    expect(received).toMatch(/^HTTP\/1\.1 503 /);
    expect(received).toContain('The service is closing.');
  });
});
