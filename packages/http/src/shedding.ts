import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import { problem } from '@mra/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify';
import type { Access } from './access.ts';
import { sendProblem } from './error-handler.ts';
import { routeOf } from './route-of.ts';

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

/** A property of the raw answer: a WeakMap of all requests under way is dear to the garbage collector. */
const SLOT = Symbol('slot');
type Slotted = FastifyReply['raw'] & { [SLOT]?: Slot };

interface Slot {
  readonly weight: number;
  isHandled: boolean;
  isTaken: boolean;
}

/**
 * Refuses requests with SERVICE_UNAVAILABLE and `Retry-After` while as many as may be are under way, or while the process or what it
 * depends on cannot keep up, so that those that were taken in are answered in time. A request is under way until its handler has ended:
 * one whose client has gone away still waits for the database.
 * @returns a check, to run before anything that costs
 */
export async function shedLoad(
  app: FastifyInstance,
  { mostUnderWay, isBehind = () => false }: OverloadLimits,
): Promise<(request: FastifyRequest, reply: FastifyReply) => void> {
  let isUnderPressure = () => false;
  // In a scope without routes: its own hook knows nothing of those that are never shed.
  await app.register(async (scope) => {
    await scope.register(underPressure, {
      maxEventLoopDelay: MOST_LATENESS_MS,
      maxHeapUsedBytes: MOST_HEAP_USED * getHeapStatistics().heap_size_limit,
    });
    isUnderPressure = () => scope.isUnderPressure();
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
      const slot = (reply.raw as Slotted)[SLOT];
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

  // Where no handler has begun: refused, badly formed, or gone. One function for all: it is added to each answer.
  function freeUnhandled(this: Slotted): void {
    const slot = this[SLOT];
    if (slot?.isHandled === false) free(slot);
  }

  return (request, reply) => {
    const { config, bodyLimit = 0 } = routeOf(request);
    if (config?.shedding === 'never') return;
    const weight = request.method === 'GET' ? 1 : Math.min(MOST_WEIGHT, Math.max(1, Math.ceil(bodyLimit / MEBIBYTE)));
    const isFull = underWay > 0 && underWay + weight > mostUnderWay;
    if (isFull || (underWay >= FEW && (isBehind() || isUnderPressure()))) {
      sendProblem(OVERLOADED, request, reply);
      return;
    }
    const slot: Slot = { weight, isHandled: false, isTaken: false };
    (reply.raw as Slotted)[SLOT] = slot;
    take(slot);
    reply.raw.on('close', freeUnhandled);
  };
}

function isNeverShed({ config }: RouteOptions): boolean {
  const { access, shedding } = (config ?? {}) as { access?: Access; shedding?: string };
  return shedding === 'never' || (typeof access === 'object' && access.scopes.includes('exchange'));
}
