import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutboundStream, type Partner, registerPartners } from '@mra/exchange';
import { PUSH } from '@mra/exchange-protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aPartner, createTestKeys } from '../support/exchange.ts';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';

/** Partners of the EU that take every connection and never answer, beside JP, which does. */
const SILENT = ['CH', 'US', 'CN', 'GB'];

let eu: TestNode;
let jp: TestNode;
let abyss: Server;
const arrived: IncomingMessage[] = [];
beforeAll(async () => {
  ({ eu, jp } = await createPartneredNodes());
  abyss = createServer((request) => arrived.push(request));
  await new Promise<void>((resolve) => abyss.listen(0, '127.0.0.1', resolve));
  const { port } = abyss.address() as AddressInfo;
  const silent = await Promise.all(
    SILENT.map(async (code): Promise<Partner> => {
      const issuer = `http://127.0.0.1:${port}/${code}`;
      return aPartner({
        code,
        issuer,
        jwks: await (await createTestKeys()).jwks(),
        pushOrigins: [new URL(issuer).origin],
      });
    }),
  );
  await registerPartners(eu.database.db, silent);
  for (const partner of silent) {
    const delivery = { method: PUSH, endpoint_url: `${partner.issuer}/exchange/events` } as const;
    expect(await createOutboundStream(eu.exchange, partner, { delivery })).toMatchObject({ ok: true });
  }
  await eu.startWorker();
  await jp.startWorker();
});
afterAll(() => {
  abyss.close();
  abyss.closeAllConnections();
});

test('partners that hang, whether they are called or pushed to, hold up nobody else', async () => {
  const members = membersOf(eu.api);
  const answer = async () => (await jp.ask({ recogniser: 'JP', identifier: 'DEAEOF00000001' })).reason;
  await expect
    .poll(async () => (await jp.database.asOwner('select from inbound_stream where needs_snapshot')).rowCount, {
      timeout: 20_000,
    })
    .toBe(0);
  for (const [type, reason] of [
    ['', 'RECOGNISED'],
    ['suspended', 'NOT_ACTIVE'],
    ['reinstated', 'RECOGNISED'],
    ['revoked', 'NOT_ACTIVE'],
  ]) {
    if (type === '') await members.put('DEAEOF00000001', aMember());
    else await members.event('DEAEOF00000001', { type });
    // Sooner than one call to a partner that hangs is given up, which takes 10 seconds.
    await expect.poll(answer, { timeout: 5000, interval: 20 }).toBe(reason);
  }
  // It was not for want of trying.
  const paths = new Set(arrived.map(({ url }) => url));
  expect([...paths].toSorted()).toEqual(
    expect.arrayContaining(
      SILENT.flatMap((code) => [`/.well-known/ssf-configuration/${code}`, `/${code}/exchange/events`]),
    ),
  );
});
