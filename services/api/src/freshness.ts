import { problem } from '@mra/contracts';
import type { Access, HttpApp, RouteResponse } from '@mra/http';
import type { ReplicaState, Replication } from '@mra/registry';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { z } from 'zod';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on a primary. */
    replica: Replica | null;
  }
}

/** The replica that a request is answered from. */
export interface Replica {
  /** How far it had got before the request was worked on. */
  readonly state: ReplicaState;
  readonly reached: Replication['reached'];
}

/** How long a request waits for changes to arrive. */
export const PATIENCE_MS = 2000;
const RETRY_AFTER_SECONDS = '1';
/** Of a write sent to the wrong place: whoever sends it again through a balancer may reach another. */
const RETRY_WRITE_AFTER_SECONDS = '5';

const number = z
  .string()
  .max(15)
  .regex(/^\d{1,15}$/);

const MinSeq = z.object({
  'min-seq': number
    .optional()
    .describe(
      'The `change-seq` of an earlier answer: this one is to be no less fresh. A read-only instance waits briefly for changes that have ' +
        'not arrived, then answers 503.',
    ),
});

const ChangeSeq = number.describe(
  'Number of the last change that is surely in the answer, for `min-seq`. Writes have it, and reads where it is known.',
);
const ReplicaLag = number.describe('Of a read-only instance: by how many milliseconds its answer may be behind.');

interface Freshness {
  readonly replication: Replication;
  /** Answers that would be further behind are refused; null: none is. */
  readonly replicaMaxLagSeconds?: number | null;
}

/**
 * Read-only instances, on streaming replicas: routes that read, declared from here on, take `min-seq` and say how far behind they are;
 * routes that write are refused there before their body is read.
 */
export function addFreshness(app: HttpApp, { replication, replicaMaxLagSeconds = null }: Freshness): void {
  app.decorateRequest('replica', null);

  const look = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const minSeq = Number(request.headers['min-seq'] ?? 0);
    const state = await replication.reached(({ seq }) => seq >= minSeq, PATIENCE_MS);
    if (state.seq < minSeq) throw behind(`Changes up to ${state.seq} have arrived here, not those up to ${minSeq}.`);
    reply.header('change-seq', String(state.seq));
    if (!state.isReplica) return;
    const obstacle = tooFarBehind(state, replicaMaxLagSeconds);
    if (obstacle !== null) throw behind(obstacle);
    reply.header('replica-lag-ms', String(state.behindMs));
    request.replica = { state, reached: replication.reached };
  };
  const freshen = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    if (!replication.isReplica && request.raw.headers['min-seq'] === undefined) done();
    else look(request, reply).then(() => done(), done);
  };
  const refuse = (_request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    if (!replication.isReplica) done();
    else
      done(
        problem('SERVICE_UNAVAILABLE', {
          detail: 'This instance only reads.',
          headers: { 'retry-after': RETRY_WRITE_AFTER_SECONDS },
        }),
      );
  };

  app.addHook('onRoute', (route) => {
    if (isWrite(route)) {
      route.onRequest = [route.onRequest ?? [], refuse].flat();
      if (isRecorded(route)) describe(route, { 'change-seq': ChangeSeq });
    } else if (route.url.startsWith('/v1/')) {
      route.preHandler = [route.preHandler ?? [], freshen].flat();
      describe(route, { 'change-seq': ChangeSeq, 'replica-lag-ms': ReplicaLag }, MinSeq);
    }
  });
}

/** A read-only instance that cannot answer as fresh as it should. */
export function behind(detail: string) {
  return problem('SERVICE_UNAVAILABLE', { detail, headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}

/** Why a replica that is that far behind should not answer; null where it may. */
export function tooFarBehind({ behindMs }: ReplicaState, maxLagSeconds: number | null): string | null {
  if (maxLagSeconds === null || behindMs <= maxLagSeconds * 1000) return null;
  return `This read-only instance is ${Math.round(behindMs / 1000)} seconds behind.`;
}

/** Questions are sent by POST as well; only their scope says that they read. */
function isWrite({ method, config }: RouteOptions): boolean {
  const { access } = (config ?? {}) as { access?: Access };
  const reads = typeof access === 'object' && access.scopes.every((scope) => scope.endsWith(':read'));
  return !reads && ![method].flat().every((name) => name === 'GET' || name === 'HEAD');
}

/** Done by `write`: what it takes shows it. */
function isRecorded({ schema }: RouteOptions): boolean {
  const { headers } = (schema ?? {}) as { headers?: z.ZodObject };
  return headers !== undefined && 'idempotency-key' in headers.shape;
}

function describe(route: RouteOptions, answered: Record<string, z.ZodType>, asked?: z.ZodObject): void {
  const schema = route.schema as { headers?: z.ZodObject; response?: Record<string, RouteResponse> } | undefined;
  if (schema === undefined) return;
  const responses = Object.entries(schema.response ?? {}).map(([status, response]) =>
    /^2/.test(status) ? [status, { ...response, headers: { ...response.headers, ...answered } }] : [status, response],
  );
  const headers = asked && { headers: z.object({ ...schema.headers?.shape, ...asked.shape }) };
  route.schema = { ...schema, ...headers, response: Object.fromEntries(responses) } as NonNullable<
    RouteOptions['schema']
  >;
}
