import type { ServerResponse } from 'node:http';
import { decodeJwt, jwtVerify } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { PartnerUnreachable } from './context.ts';
import { createPartnerClient } from './partner-client.ts';
import type { Partner } from './partners.ts';
import { aKey, aPartner, closeServers, keysWith, serve } from './test-support.ts';

afterEach(closeServers);

const key = await aKey('our-key');
const EU = 'https://eu.example';
const clientIn = (mode: 'development' | 'production') =>
  createPartnerClient({ issuer: EU, keys: keysWith(key), isDevelopment: mode === 'development' });
const client = clientIn('development');
const get = (url: string) => ({ method: 'GET', url }) as const;

/** A partner of which every address is on one server. */
async function aServer(handler: Parameters<typeof serve>[0], change: (url: string) => Partial<Partner> = () => ({})) {
  const server = await serve(handler);
  return { ...server, partner: aPartner({ issuer: server.url, pushOrigins: [server.url], ...change(server.url) }) };
}

async function collected(body: ReadableStream<Uint8Array> | null): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return chunks;
}
const tokenIn = (authorization: string | undefined) => authorization?.replace(/^Bearer /, '') ?? '';
const json = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

describe('a call', () => {
  test('says what it is, and gives back status, headers and body', async () => {
    const { url, seen, partner } = await aServer((request, response) => {
      response.writeHead(202, { 'retry-after': '7' });
      response.end(`got ${request.text}`);
    });
    const answer = await client.send(partner, {
      method: 'POST',
      url: `${url}/x`,
      body: 'hello',
      contentType: 'text/plain',
    });
    expect([answer.status, answer.headers.get('retry-after'), answer.body]).toEqual([202, '7', 'got hello']);
    expect(seen[0]?.headers).toMatchObject({ 'content-type': 'text/plain', accept: 'application/json' });
  });

  test('with the header that the partner gave shows no token of ours', async () => {
    const { url, seen, partner } = await aServer((_, response) => response.end());
    await client.send(partner, { ...get(url), authorization: 'Basic abc' });
    expect(seen[0]?.headers.authorization).toBe('Basic abc');
  });

  test('follows no redirect: our token stays where it was sent', async () => {
    const elsewhere = await serve((_, response) => response.end());
    const { url, partner } = await aServer((_, response) => response.writeHead(307, { location: elsewhere.url }).end());
    expect(await client.send(partner, get(url))).toMatchObject({ status: 307 });
    expect(elsewhere.seen).toHaveLength(0);
  });

  test('goes to origins registered for the partner alone', async () => {
    const elsewhere = await serve((_, response) => response.end());
    const { partner } = await aServer((_, response) => response.end());
    await expect(client.send(partner, get(elsewhere.url))).rejects.toThrow('is no origin registered for JP');
    await expect(client.send(partner, get('not a url'))).rejects.toThrow(PartnerUnreachable);
    expect(elsewhere.seen).toHaveLength(0);
    await expect(client.send({ ...partner, pushOrigins: [elsewhere.url] }, get(elsewhere.url))).resolves.toMatchObject({
      status: 200,
    });
  });

  test('needs https in production', async () => {
    const { url, seen, partner } = await aServer((_, response) => response.end());
    await expect(clientIn('production').send(partner, { ...get(url), authorization: 'x' })).rejects.toThrow(
      'not https',
    );
    expect(seen).toHaveLength(0);
  });

  test('reads no more of an answer than it may', async () => {
    const { url, partner } = await aServer((_, response) => response.end('x'.repeat(1000)));
    expect((await client.send(partner, { ...get(url), maxBytes: 10 })).body).toBe('x'.repeat(10));
  });

  test('that nobody answers in time is unreachable', async () => {
    const { url, partner } = await aServer(() => undefined);
    await expect(client.send(partner, { ...get(url), timeoutMs: 50 })).rejects.toThrow(`${url}: no answer in time`);
  });

  test('ends when its caller gives up', async () => {
    const caller = new AbortController();
    const { url, partner } = await aServer(() => caller.abort());
    await expect(client.send(partner, { ...get(url), signal: caller.signal })).rejects.toThrow('given up');
  });

  test('that is cut off, and one where nobody listens, are unreachable', async () => {
    const { url, partner } = await aServer((_, response) => response.destroy());
    await expect(client.send(partner, get(url))).rejects.toThrow(PartnerUnreachable);
    const nobody = 'http://127.0.0.1:9';
    await expect(client.send(aPartner({ issuer: nobody }), get(nobody))).rejects.toThrow(/^http:\/\/127.0.0.1:9: \w/);
  });
});

describe('open', () => {
  test('gives the body as it comes', async () => {
    const { url, partner } = await aServer((_, response) => {
      response.write('one\n');
      setTimeout(() => response.end('two\n'), 20);
    });
    const { status, body } = await client.open(partner, get(url));
    const chunks = await collected(body);
    expect([status, Buffer.concat(chunks).toString()]).toEqual([200, 'one\ntwo\n']);
  });

  test('fails where the body is cut off, or its reader gives up', async () => {
    const { url, partner } = await aServer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('one\n');
      setTimeout(() => response.destroy(), 20);
    });
    const { body } = await client.open(partner, get(url));
    await expect(collected(body)).rejects.toThrow();
    const caller = new AbortController();
    const hanging = await aServer((_, response) => void response.write('one\n'));
    const opened = await client.open(hanging.partner, { ...get(hanging.url), signal: caller.signal });
    caller.abort();
    await expect(collected(opened.body)).rejects.toThrow();
  });
});

describe('a token of our own, for development', () => {
  test('is signed with our key, for this partner, of scope exchange and acts as its partner', async () => {
    const { url, seen, partner } = await aServer((_, response) => response.end());
    await client.send(partner, get(url));
    const { payload, protectedHeader } = await jwtVerify(tokenIn(seen[0]?.headers.authorization), key.jwk, {
      issuer: EU,
      audience: partner.issuer,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({ scope: 'exchange', administration: 'EU', client_id: EU, sub: EU });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', kid: 'our-key' });
  });

  test('is kept, and made anew once where the partner refuses it', async () => {
    let isRefused = false;
    const { url, seen, partner } = await aServer((_, response) => response.writeHead(isRefused ? 401 : 200).end());
    const own = clientIn('development');
    await own.send(partner, get(url));
    await own.send(partner, get(url));
    isRefused = true;
    expect((await own.send(partner, get(url))).status).toBe(401);
    const ids = seen.map(({ headers }) => decodeJwt(tokenIn(headers.authorization)).jti);
    expect(ids).toHaveLength(4);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).toBe(ids[0]);
    expect(ids[3]).not.toBe(ids[0]);
  });

  test('is not to be had in production', async () => {
    const partner = aPartner({ issuer: 'https://127.0.0.1:9' });
    await expect(clientIn('production').send(partner, get('https://127.0.0.1:9/'))).rejects.toThrow(
      'no token endpoint is registered',
    );
  });
});

describe('a token by private_key_jwt', () => {
  /** An authorisation server that verifies assertions as RFC 7523 section 3 says, and the API that takes its tokens. */
  async function aTokenServer(answer: { expiresIn?: number; error?: string } = {}) {
    const asked: Record<string, string>[] = [];
    const used: string[] = [];
    const assertions = new Set<string>();
    const { url, partner } = await aServer(
      async (request, response) => {
        if (request.url !== '/token') {
          used.push(tokenIn(request.headers.authorization));
          return json(response, used.at(-1) === 'token-1-revoked' ? 401 : 200, {});
        }
        const form = Object.fromEntries(new URLSearchParams(request.text));
        asked.push(form);
        const verified = await jwtVerify(form.client_assertion ?? '', key.jwk, {
          issuer: 'eu-client',
          subject: 'eu-client',
          audience: `${url}/token`,
          requiredClaims: ['exp', 'jti'],
          maxTokenAge: 120,
          algorithms: ['EdDSA'],
        }).catch(() => null);
        const jti = verified?.payload.jti ?? '';
        const isRight =
          verified !== null &&
          !assertions.has(jti) &&
          request.method === 'POST' &&
          form.grant_type === 'client_credentials' &&
          form.client_assertion_type === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
          (form.client_id ?? 'eu-client') === 'eu-client';
        assertions.add(jti);
        if (!isRight || answer.error) return json(response, 401, { error: answer.error ?? 'invalid_client' });
        json(response, 200, {
          access_token: `token-${asked.length}`,
          token_type: 'Bearer',
          expires_in: answer.expiresIn ?? 3600,
        });
      },
      (at) => ({ tokenEndpoint: `${at}/token`, clientId: 'eu-client' }),
    );
    return { url, partner, asked, used };
  }

  test('is asked for with an assertion that verifies, of scope exchange, and kept', async () => {
    const { url, partner, asked, used } = await aTokenServer();
    const own = clientIn('development');
    await Promise.all([own.send(partner, get(url)), own.send(partner, get(url))]);
    await own.send(partner, get(url));
    expect(used).toEqual(['token-1', 'token-1', 'token-1']);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ scope: 'exchange' });
  });

  test('is asked for again when it is about to expire, with another assertion', async () => {
    const { url, partner, used } = await aTokenServer({ expiresIn: 0 });
    const own = clientIn('development');
    await own.send(partner, get(url));
    await own.send(partner, get(url));
    expect(used).toEqual(['token-1', 'token-2']);
  });

  test('that the server refuses is a partner out of reach, and the next call asks again', async () => {
    const { url, partner, asked, used } = await aTokenServer({ error: 'invalid_client' });
    const own = clientIn('development');
    for (let count = 0; count < 2; count += 1)
      await expect(own.send(partner, get(url))).rejects.toThrow('no access token: invalid_client');
    expect([asked.length, used.length]).toEqual([2, 0]);
  });

  test('of a server that is not what was registered is not had: another key does not verify', async () => {
    const { url, partner } = await aTokenServer();
    const other = createPartnerClient({ issuer: EU, keys: keysWith(await aKey('our-key')), isDevelopment: true });
    await expect(other.send(partner, get(url))).rejects.toThrow('no access token: invalid_client');
  });

  test('needs https in production', async () => {
    const { partner } = await aTokenServer();
    const secure = { ...partner, issuer: 'https://127.0.0.1:9', pushOrigins: [] };
    await expect(clientIn('production').send(secure, get('https://127.0.0.1:9/'))).rejects.toThrow(PartnerUnreachable);
    await expect(clientIn('production').send(secure, get('https://127.0.0.1:9/'))).rejects.toThrow(
      /HTTP|https|insecure/i,
    );
  });
});
