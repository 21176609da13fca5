import { createAuthenticator, SCOPES, type Scope } from '@mra/http';
import type { InjectOptions } from 'fastify';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../support/api.ts';
import { buildApiDocument, exampleUrlOf, type OpenApiOperation, operationsOf } from '../support/api-document.ts';
import { createTestDatabase } from '../support/database.ts';

type Method = NonNullable<InjectOptions['method']> & string;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const satisfies readonly Method[];

/** Routes that are not in the document: the document itself, the pages that show it, and the way there. */
const HIDDEN = /^\/(openapi\.json|docs(\/.*)?)?$/;

const ISSUER = 'https://issuer.test';
const AUDIENCE = 'urn:aeo-mra:api';
const keys = await generateKeyPair('ES256', { extractable: true });
const strangers = await generateKeyPair('ES256');
const publicJwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };

interface TokenOptions {
  readonly scopes: readonly Scope[];
  readonly claims?: JWTPayload;
  readonly header?: { readonly alg?: string; readonly typ?: string; readonly kid?: string };
  readonly key?: CryptoKey | Uint8Array;
}

async function aToken({ scopes, claims, header, key = keys.privateKey }: TokenOptions): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const sound = { iss: ISSUER, aud: AUDIENCE, sub: 'someone', client_id: 'client', iat: now, exp: now + 600 };
  return new SignJWT({ ...sound, scope: scopes.join(' '), administration: 'EU', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...header })
    .sign(key);
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
const signedWith = async (secret: string, scopes: readonly Scope[]) =>
  aToken({ scopes, header: { alg: 'HS256' }, key: new TextEncoder().encode(secret) });

/** Ways to come without a valid token, each as a header field made from one that would do. */
const FORGERIES: Readonly<Record<string, (scopes: readonly Scope[]) => Promise<string | undefined>>> = {
  'no token': async () => undefined,
  'an expired token': async (scopes) => bearer(aToken({ scopes, claims: { exp: inSeconds(-60) } })),
  'a token that is not valid yet': async (scopes) => bearer(aToken({ scopes, claims: { nbf: inSeconds(60) } })),
  'a token of the future': async (scopes) => bearer(aToken({ scopes, claims: { iat: inSeconds(60) } })),
  'a token for another audience': async (scopes) => bearer(aToken({ scopes, claims: { aud: 'urn:other' } })),
  'a token of another issuer': async (scopes) => bearer(aToken({ scopes, claims: { iss: 'https://other.test' } })),
  'a token that is no access token': async (scopes) => bearer(aToken({ scopes, header: { typ: 'JWT' } })),
  'a token signed by an unknown key': async (scopes) => bearer(aToken({ scopes, key: strangers.privateKey })),
  'a token of an unknown key id': async (scopes) => bearer(aToken({ scopes, header: { kid: 'k2' } })),
  'alg none': async (scopes) => bearer(unsigned(scopes, '')),
  'alg none with the signature of another token': async (scopes) => bearer(unsigned(scopes, await signature(scopes))),
  'HS256 with the public key as JWK': async (scopes) => bearer(signedWith(JSON.stringify(publicJwk), scopes)),
  'HS256 with the public key as PEM': async (scopes) => bearer(signedWith(await exportSPKI(keys.publicKey), scopes)),
  'a token whose scopes were changed': async (scopes) => {
    const [header, , seal] = (await aToken({ scopes: [] })).split('.');
    const [, payload] = (await aToken({ scopes })).split('.');
    return `Bearer ${header}.${payload}.${seal}`;
  },
  'a valid token as Basic': async (scopes) => `Basic ${await aToken({ scopes })}`,
  'no JWT': async () => 'Bearer opaque',
};

async function bearer(token: string | Promise<string>): Promise<string> {
  return `Bearer ${await token}`;
}

async function unsigned(scopes: readonly Scope[], seal: string): Promise<string> {
  const [, payload] = (await aToken({ scopes })).split('.');
  return `${base64url({ alg: 'none', typ: 'at+jwt' })}.${payload}.${seal}`;
}

async function signature(scopes: readonly Scope[]): Promise<string> {
  return (await aToken({ scopes })).split('.')[2] ?? '';
}

interface Route {
  readonly method: Method;
  readonly path: string;
}

/** The route table of the app, as its router prints it: one line a path, indented below the path that it continues. */
function routesOf(app: TestApi['app']): readonly Route[] {
  const parents: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^([ │├└─]*)(\S+) \(([A-Z, ]+)\)$/.exec(line) ?? [];
      if (part === '') return [];
      const depth = indent.length / 4;
      const path = (parents[depth - 1] ?? '') + part;
      parents.length = depth;
      parents[depth] = path;
      return methods.split(', ').map((method) => ({ method: method as Method, path }));
    });
}

const operations = operationsOf(await buildApiDocument()).map((operation) => ({
  ...operation,
  method: operation.method as Method,
}));
type Operation = (typeof operations)[number];

/** Scopes of which one is enough; empty: any token will do. */
function scopesOf({ security }: OpenApiOperation): readonly Scope[] {
  return security.flatMap((alternative) => Object.values(alternative).flat()) as Scope[];
}

/** What api.md section 1 says of who may call; a route that no line speaks of must be given one. */
function contractOf({ method, path }: Route): readonly Scope[] {
  if (path.startsWith('/v1/recognition')) return ['recognition:read'];
  if (/^\/v1\/(programmes\/\{programme\}\/)?memberships/.test(path))
    return [method === 'GET' ? 'registry:read' : 'registry:write'];
  if (path.startsWith('/v1/local-suspensions')) return ['registry:write'];
  if (path === '/v1/imports') return ['registry:write', 'operations'];
  if (/^\/(metrics|v1\/partners|v1\/quarantine)/.test(path)) return ['operations'];
  if (path.startsWith('/exchange/')) return ['exchange'];
  const network =
    'administrations|programmes|agreements|network|mutual-assistance|benefits|identifier-schemes|presentations';
  if (new RegExp(`^/v1/(${network})\\b`).test(path)) return method === 'GET' ? [] : ['network:write'];
  throw new Error(`who may call ${method} ${path}?`);
}

let api: TestApi;
let routes: readonly Route[];
beforeAll(async () => {
  const authenticate = createAuthenticator({
    issuers: [{ issuer: ISSUER, jwks: { keys: [publicJwk] } }],
    audience: AUDIENCE,
    algorithms: ['EdDSA', 'ES256', 'PS256', 'RS256'],
    clockToleranceSeconds: 5,
  });
  api = await createTestApi(await createTestDatabase(), { authenticate });
  routes = routesOf(api.app);
});

const send = (method: Method, url: string, authorization?: string) =>
  api.app.inject({ method, url, headers: authorization === undefined ? {} : { authorization } });

const isPublic = ({ security }: OpenApiOperation) => security.length === 0;
const named = (operation: Operation) => [`${operation.method} ${operation.path}`, operation] as const;
const guarded = operations.filter((operation) => !isPublic(operation)).map(named);

test('every route is in the document, but the document and its pages', () => {
  const inDocument = operations.map(({ method, path }) => `${method} ${path}`);
  const inTable = routes
    .filter(({ method, path }) => method !== 'HEAD' && !HIDDEN.test(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(inTable.toSorted()).toEqual(inDocument.toSorted());
  expect(inTable.length).toBeGreaterThan(25);
});

test('without a token: the probes, the document and its pages', async () => {
  expect(operations.filter(isPublic).map(({ path }) => path)).toEqual([
    '/.well-known/jwks.json',
    '/.well-known/ssf-configuration',
    '/livez',
    '/readyz',
  ]);
  for (const path of ['/livez', '/readyz', '/openapi.json', '/docs/', '/docs/json', '/docs/static/swagger-ui.css']) {
    expect((await send('GET', path)).statusCode, path).toBe(200);
  }
  const { statusCode, headers } = await send('GET', '/');
  expect([statusCode, headers.location]).toEqual([302, '/docs']);
});

describe.each(guarded)('%s', (_, operation) => {
  const { method } = operation;
  const url = exampleUrlOf(operation);
  const scopes = scopesOf(operation);

  test('may be called by whom the contract names', async () => {
    expect(scopes).toEqual(contractOf(operation));
    for (const scope of scopes.length === 0 ? [undefined] : scopes) {
      const token = await aToken({ scopes: scope === undefined ? [] : [scope] });
      const { statusCode, headers } = await send(method, url, `Bearer ${token}`);
      expect([401, 500, 503], scope).not.toContain(statusCode);
      expect(headers['www-authenticate'], scope).toBeUndefined();
    }
  });

  test.each(Object.keys(FORGERIES))('401 to %s', async (name) => {
    const authorization = await FORGERIES[name]?.(SCOPES);
    for (const sent of method === 'GET' ? (['GET', 'HEAD'] as const) : [method]) {
      const answer = await send(sent, url, authorization);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      // RFC 6750 section 3.1: no error is named where there is no token, or another way of authentication.
      const isBearer = !['no token', 'a valid token as Basic'].includes(name);
      expect(answer.headers['www-authenticate']).toBe(isBearer ? 'Bearer error="invalid_token"' : 'Bearer');
      if (sent === 'HEAD') continue;
      const { instance, ...body } = answer.json();
      // The same words to everyone: a refusal does not say how near it came, but to a token of the issuer that has expired.
      expect(body).toEqual({
        type: 'urn:aeo-mra:problem:unauthenticated',
        title: 'A valid access token is needed',
        ...{ status: 401, code: 'UNAUTHENTICATED' },
        ...(name === 'an expired token' && { detail: 'The token has expired.' }),
      });
    }
  });

  test('403 to a token of every scope but those that it takes', async () => {
    if (scopes.length === 0) return;
    const others = SCOPES.filter((scope) => !scopes.includes(scope));
    const answer = await send(method, url, await bearer(aToken({ scopes: others })));
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['www-authenticate']).toBe(`Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`);
    expect(answer.json()).toMatchObject({ status: 403, code: 'INSUFFICIENT_SCOPE' });
  });
});

describe('addresses and methods that do not exist', () => {
  test.each([
    '/v2/recognition',
    '/v1/recognitions',
    '/v1/recognition/',
    '/v1/programmes/eu-aeo/members',
    '/docs/none.js',
    '/../secret',
  ])('404 to %s, whoever asks', async (path) => {
    for (const authorization of [undefined, await bearer(aToken({ scopes: SCOPES }))]) {
      const answer = await send('GET', path, authorization);
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(answer.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  });

  test('405 with Allow to every other method of every route', async () => {
    const paths = [...new Set(routes.map(({ path }) => path))].filter((path) => !path.endsWith('*'));
    expect(paths.length).toBeGreaterThan(20);
    for (const path of paths) {
      const allowed = routes.filter((route) => route.path === path).map(({ method }) => method as string);
      for (const method of METHODS.filter((name) => !allowed.includes(name))) {
        const answer = await send(method, path.replace(/:\w+/g, 'x'));
        expect(answer.statusCode, `${method} ${path}`).toBe(405);
        expect(answer.headers.allow, `${method} ${path}`).toBe(allowed.toSorted().join(', '));
        expect(answer.headers['content-type'], `${method} ${path}`).toContain('application/problem+json');
        const body = method === 'HEAD' ? answer.body : answer.json();
        const told = { status: 405, code: 'METHOD_NOT_ALLOWED' };
        expect(body, `${method} ${path}`).toEqual(method === 'HEAD' ? '' : expect.objectContaining(told));
      }
    }
  });
});
