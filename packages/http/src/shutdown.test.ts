import { Agent, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { aToyApp } from './test-support.ts';

async function aListeningApp() {
  const { app } = await aToyApp();
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const config = { access: 'public' } as const;
  app.get('/gated', { config, schema: { hide: true } }, async () => {
    entered.resolve();
    await gate.promise;
    return 'done';
  });
  app.get('/streamed', { config, schema: { hide: true } }, (_request, reply) => {
    async function* lines() {
      yield 'first\n';
      entered.resolve();
      await gate.promise;
      yield 'last\n';
    }
    return reply.type('text/plain').send(Readable.from(lines()));
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { app, port, gate, entered };
}

/** A GET over a connection that the client keeps alive. */
function get(port: number, path: string, agent: Agent): Promise<{ connection: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ connection: response.headers.connection, body: Buffer.concat(chunks).toString() }),
      );
    })
      .on('error', reject)
      .end();
  });
}

test.each(['/gated', '/streamed'])(
  'close() ends soon with kept-alive connections open, one of them busy with %s',
  async (path) => {
    const { app, port, gate, entered } = await aListeningApp();
    const agent = new Agent({ keepAlive: true });
    const idle = connect(port, '127.0.0.1').on('error', () => {});
    idle.write('GET /hello HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    expect((await get(port, '/hello', agent)).connection).toBe('keep-alive');

    const answer = get(port, path, agent);
    await entered.promise;
    const started = Date.now();
    const closed = app.close();
    setTimeout(gate.resolve, 100);
    expect((await answer).body).toMatch(/done|first\nlast\n/);
    if (path === '/gated') expect((await answer).connection).toBe('close');
    await closed;
    expect(Date.now() - started).toBeLessThan(2000);
    agent.destroy();
  },
);
