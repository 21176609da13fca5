import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SigningKey } from '@mra/exchange-protocol';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { ExchangeKeys } from './context.ts';
import type { Partner } from './partners.ts';

type Handler = (request: IncomingMessage & { readonly text: string }, response: ServerResponse) => void;

/** A server of a test: its address, and the requests that came. `closeServers` closes it. */
export async function serve(
  handler: Handler,
): Promise<{ readonly url: string; readonly seen: readonly IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => handler(Object.assign(request, { text: Buffer.concat(chunks).toString() }), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const servers: (() => void)[] = [];

/** To be called after each test. */
export function closeServers(): void {
  for (const close of servers.splice(0)) close();
}

export interface TestKey extends SigningKey {
  readonly jwk: JWK;
}

export async function aKey(kid: string, alg: 'EdDSA' | 'ES256' = 'EdDSA'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { key: privateKey, kid, alg, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

export const keysWith = (key: TestKey): ExchangeKeys => ({
  signingKey: async () => key,
  jwks: async () => ({ keys: [key.jwk] }),
});

export const aPartner = (partner: Partial<Partner> = {}): Partner => ({
  code: 'JP',
  administrations: ['JP'],
  actsAs: 'EU',
  issuer: 'https://jp.example',
  jwksUrl: null,
  jwks: { keys: [] },
  tokenEndpoint: null,
  clientId: null,
  pushOrigins: [],
  receiveBy: 'poll',
  cadenceSeconds: 60,
  ...partner,
});
