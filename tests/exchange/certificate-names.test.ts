import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type SelfSigned, startSelfSigned } from './fixtures/self-signed.ts';

/**
 * RFC 8935 sections 3, 5.3 and 6, RFC 8936 sections 3, 4.3 and 5, of whoever calls, which is the same client for pushes, polls and all else:
 * TLS MUST be used, and the certificate MUST be checked by DNS-ID (RFC 6125). Certificates that nobody vouches for are in
 * untrusted-servers.test.ts and transmitter-push.test.ts; here somebody does.
 */

const CALL = join(import.meta.dirname, 'fixtures', 'call-as-partner.ts');
const CERTIFICATE = join(import.meta.dirname, 'fixtures', 'self-signed.pem');

let server: SelfSigned;
beforeAll(async () => {
  server = await startSelfSigned((_, response) => void response.writeHead(202).end());
});
beforeEach(() => {
  server.arrivals.length = 0;
});

async function call(origin: string): Promise<string> {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE };
  return (await promisify(execFile)(process.execPath, [CALL, `${origin}/exchange/events`], { env })).stdout;
}

test('a server whose certificate names it is called', async () => {
  expect(await call(server.origin)).toBe('202');
  expect(server.arrivals).toEqual(['/exchange/events']);
});

test('one whose certificate names another gets nothing, though it is vouched for', async () => {
  const elsewhere = server.origin.replace('localhost', '127.0.0.1');
  expect(await call(elsewhere)).toBe(`PartnerUnreachable ${elsewhere}: ERR_TLS_CERT_ALTNAME_INVALID`);
  expect(server.arrivals).toEqual([]);
});

test('one without TLS gets nothing', async () => {
  let arrivals = 0;
  const plain = createServer((_, response) => {
    arrivals += 1;
    response.end();
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  expect(await call(origin)).toBe(`PartnerUnreachable ${origin} is not https, which production needs`);
  expect(arrivals).toBe(0);
  await new Promise((resolve) => plain.close(resolve));
});
