import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import { problem } from '@mra/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify';
import type { Access } from './access.ts';
import { sendProblem } from './error-handler.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `never`: the route is served however many requests are under way. Of partners' routes (scope `exchange`) that goes without saying. */
    shedding?: 'never';
  }
}

export interface OverloadLimits {
  /** Requests worked on at once; one that may bring several mebibytes counts for as many. */
  readonly mostUnderWay: number;
  /** Whether what requests need (connections to the database) cannot keep up. */
  readonly isBehind?: () => boolean;
}

/**
 * Mean lateness of timers within a second, from which on nothing more is taken in. Not the utilisation of the event loop, which is 1
 * whenever clients wait for nothing but answers, however soon these come.
 */
const MOST_LATENESS_MS = 1000;
/** So few are taken in even then: what holds the process up is something else, such as a machine that is busy. */
const FEW = 10;
/** Beyond that V8 collects garbage and little else, and then ends the process. */
const MOST_HEAP_USED = 0.9;

const MEBIBYTE = 1_048_576;
/** Bodies that large or larger are not held as a whole. */
const MOST_WEIGHT = 16;

const OVERLOADED = problem('SERVICE_UNAVAILABLE', {
  detail: 'Too much is under way.',
  headers: { 'retry-after': '1' },
});

/** A property of the request: a WeakMap of all requests under way is dear to the garbage collector. */
const SLOT = Symbol('slot');
type Slotted = FastifyRequest & { [SLOT]?: Slot };

interface Slot {
  readonly weight: number;
  isHandled: boolean;
  isTaken: boolean;
}

/**
 * Refuses requests with SERVICE_UNAVAILABLE and `Retry-After` while as many as may be are under way, or while the process or what it
 * depends on cannot keep up, so that those that were taken in are answered in time. A request is under way until its handler has ended:
 * one whose client has gone away still waits for the database.
 * @returns an onRequest hook, to run before anything that costs
 */
export async function shedLoad(
  app: FastifyInstance,
  { mostUnderWay, isBehind = () => false }: OverloadLimits,
): Promise<(request: FastifyRequest, reply: FastifyReply, done: () => void) => void> {
  await app.register(underPressure, {
    maxEventLoopDelay: MOST_LATENESS_MS,
    maxHeapUsedBytes: MOST_HEAP_USED * getHeapStatistics().heap_size_limit,
    // Its own hook knows nothing of routes that are never shed.
    pressureHandler: () => undefined,
  });
  let underWay = 0;
  const take = (slot: Slot): void => {
    if (slot.isTaken) return;
    slot.isTaken = true;
    underWay += slot.weight;
  };
  const free = (slot: Slot): void => {
    if (!slot.isTaken) return;
    slot.isTaken = false;
    underWay -= slot.weight;
  };
  const untilHandled = (handler: RouteHandlerMethod): RouteHandlerMethod =>
    function handle(this, request, reply) {
      const slot = (request as Slotted)[SLOT];
      const result = handler.call(this, request, reply) as unknown;
      if (slot === undefined || !(result instanceof Promise)) return result;
      // Even if its client has gone meanwhile.
      slot.isHandled = true;
      take(slot);
      const ended = () => free(slot);
      result.then(ended, ended);
      return result;
    };

  app.addHook('onRoute', (route) => {
    if (isNeverShed(route))
      route.config = { ...route.config, shedding: 'never' } as NonNullable<RouteOptions['config']>;
    else route.handler = untilHandled(route.handler);
  });

  return (request, reply, done) => {
    const { config, bodyLimit = 0 } = request.routeOptions;
    if (config?.shedding === 'never') return done();
    const weight = request.method === 'GET' ? 1 : Math.min(MOST_WEIGHT, Math.max(1, Math.ceil(bodyLimit / MEBIBYTE)));
    const isFull = underWay > 0 && underWay + weight > mostUnderWay;
    if (isFull || (underWay >= FEW && (isBehind() || app.isUnderPressure()))) {
      sendProblem(OVERLOADED, request, reply);
      return;
    }
    const slot: Slot = { weight, isHandled: false, isTaken: false };
    (request as Slotted)[SLOT] = slot;
    take(slot);
    // Where no handler has begun: refused, badly formed, or gone.
    reply.raw.once('close', () => {
      if (!slot.isHandled) free(slot);
    });
    done();
  };
}

function isNeverShed({ config }: RouteOptions): boolean {
  const { access, shedding } = (config ?? {}) as { access?: Access; shedding?: string };
  return shedding === 'never' || (typeof access === 'object' && access.scopes.includes('exchange'));
}
