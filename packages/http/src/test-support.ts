import { Readable } from 'node:stream';
import { Problem, problem } from '@mra/contracts';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose';
import { z } from 'zod';
import { type Authenticate, createAuthenticator } from './authenticate.ts';
import { createHttpApp, type HttpApp, type HttpAppOptions } from './create-app.ts';
import { createLogger } from './logging.ts';
import { json, ndjson, noContent, text } from './media-types.ts';
import { problems } from './problem-responses.ts';

/** A toy API for the tests of this package. */
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'https://toy.example';

const keys = await generateKeyPair('ES256', { extractable: true });
export const JWKS = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] };

interface TokenOptions {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey;
}

/** A token of the toy issuer, valid for an hour; a claim given as undefined is left out. */
export async function aToken(
  scope = 'registry:read registry:write',
  { claims, header, key }: TokenOptions = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'someone',
    client_id: 'toy-client',
    scope,
    iat: now,
    exp: now + 3600,
    ...claims,
  };
  return new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...header })
    .sign(key ?? keys.privateKey);
}

export async function bearer(scope?: string, options?: TokenOptions): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await aToken(scope, options)}` };
}

export function anAuthenticator(): Authenticate {
  return createAuthenticator({
    issuers: [{ issuer: ISSUER, jwks: JWKS }],
    audience: AUDIENCE,
    algorithms: ['ES256'],
    clockToleranceSeconds: 5,
  });
}

/** An authenticator whose keys come from a function, at a time of its own. */
export function withKeys(getKey: JWTVerifyGetKey, clock?: () => string): Authenticate {
  return createAuthenticator({
    issuers: [{ issuer: ISSUER, jwks: getKey }],
    audience: AUDIENCE,
    algorithms: ['ES256'],
    clockToleranceSeconds: 5,
    ...(clock === undefined ? {} : { now: clock }),
  });
}

/** The problem with which a header field is refused. */
export async function refusalOf(authenticate: Authenticate, authorization: string | undefined): Promise<Problem> {
  const error = await authenticate(authorization).then(
    () => new Error('the caller was let in'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Problem)) throw error;
  return error;
}

export const Thing = z
  .strictObject({
    name: z.string().min(1).max(20),
    parts: z
      .array(z.strictObject({ count: z.int().min(0).max(10) }))
      .max(3)
      .optional(),
  })
  .meta({ id: 'ToyThing', description: 'A thing.', examples: [{ name: 'cog' }] });

/** As an answer: fields that are not in it are stripped. */
const ThingAnswer = z.object(Thing.shape).meta({ id: 'ToyThingAnswer', description: 'A thing as it is kept.' });
const ThingLine = z.object({ name: z.string().max(20) }).meta({ id: 'ToyLine', description: 'A thing of a list.' });
const ThingParams = z.object({ thing: z.string().max(10).meta({ description: 'Name of the thing.' }) });

export interface ToyApp {
  readonly app: HttpApp;
  readonly lines: Record<string, unknown>[];
}

/** The toy API; the lines of its log are collected. */
export async function aToyApp(options: Partial<HttpAppOptions> = {}): Promise<ToyApp> {
  const lines: Record<string, unknown>[] = [];
  const app = await createHttpApp({
    logger: createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) }),
    authenticate: anAuthenticator(),
    rateLimit: { perMinute: 1000, anonymousPerMinute: 1000 },
    info: {
      title: 'Toy API',
      version: '1.0.0',
      description: 'Things.',
      contact: 'The toy makers',
      licence: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
      tags: [{ name: 'things', description: 'Things and their parts.' }],
    },
    ...options,
  });
  declareToyRoutes(app);
  return { app, lines };
}

function declareToyRoutes(app: HttpApp): void {
  app.get(
    '/things/:thing',
    {
      config: { access: { scopes: ['registry:read', 'operations'] } },
      schema: {
        operationId: 'getThing',
        summary: 'One thing',
        description: 'The thing of that name.',
        tags: ['things'],
        params: ThingParams,
        querystring: z.strictObject({
          at: z.iso.datetime({ offset: true }).max(40).optional(),
          size: z.coerce.number().int().min(1).max(5).default(1),
        }),
        headers: z.object({ 'if-none-match': z.string().max(5).optional() }),
        response: {
          200: json(ThingAnswer, 'The thing.', {
            headers: { etag: z.string().max(40) },
            examples: { cog: { value: { name: 'cog' } } },
          }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      if (request.params.thing === 'none') throw problem('NOT_FOUND');
      if (request.params.thing === 'broken')
        throw new Error('secret of the database', { cause: { detail: 'secret row' } });
      reply.header('etag', '"1"');
      request.outcome = 'found';
      if (request.params.thing === 'odd') return { name: 'x'.repeat(21) };
      return { name: request.params.thing, secret: 'a column', parts: [{ count: request.query.size }] } as never;
    },
  );

  app.post(
    '/things',
    {
      config: { access: { scopes: ['registry:write'] } },
      bodyLimit: 500,
      schema: {
        operationId: 'createThing',
        summary: 'A new thing',
        tags: ['things'],
        querystring: z.strictObject({ dry: z.enum(['yes', 'no']).optional() }),
        body: Thing,
        response: { 201: json(Thing, 'Created.'), ...problems('CONFLICT', 'VALIDATION_FAILED') },
      },
    },
    async (request, reply) => reply.code(201).send(request.body),
  );

  app.delete(
    '/things/:thing',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'deleteThing',
        summary: 'No thing',
        tags: ['things'],
        params: ThingParams,
        response: { 204: noContent('Deleted.') },
      },
    },
    async (_request, reply) => reply.code(204).send(),
  );

  app.post(
    '/things/import',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'importThings',
        summary: 'Many things',
        tags: ['things'],
        body: {
          content: {
            'application/json': { schema: Thing },
            'application/x-ndjson': { schema: ndjson(ThingLine, 'One thing a line.') },
            'text/csv': { schema: text('A header line, then one thing a line.') },
          },
        },
        response: {
          200: {
            description: 'The same things.',
            content: { 'application/json': { schema: Thing }, 'application/x-ndjson': { schema: ndjson(ThingLine) } },
          },
        },
      },
    },
    async (request, reply) => {
      if (!(request.body instanceof Readable)) return request.body;
      return reply.type('application/x-ndjson').send(request.body);
    },
  );

  app.get(
    '/hello',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        operationId: 'hello',
        summary: 'Hello',
        tags: ['things'],
        response: { 200: json(z.object({ hello: z.string().max(9) }), 'Hello.') },
      },
    },
    async () => ({ hello: 'world' }),
  );
}
