import { setTimeout as pause } from 'node:timers/promises';
import {
  mayDeliver,
  type PollPlan,
  PollRequest,
  type PollResponse,
  PUSH,
  planPoll,
  pollResponse,
} from '@mra/exchange-protocol';
import type { DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { type OutboundStream, readStream } from './outbound-stream.ts';
import {
  noteDelivery,
  type OutboxEvent,
  readEvents,
  readOutstanding,
  reportRefusals,
  type Settled,
  settle,
} from './outbox.ts';
import { signEvent } from './sign-event.ts';

/** Shorter than the 30 s after which gateways break off as a rule. */
const HOLD_MS = 25_000;
/** The bell may be out of order; and a stream that is enabled again does not ring. */
const LOOK_AGAIN_MS = 1000;
/** Most events of one answer. A record has about 1 kB, its token 2 kB. */
const EVENTS_MAX = 500;
/** An answer ends after the event that makes it longer, so that one with a megabyte of name still goes out. */
const ANSWER_CHARACTERS = 4 * 1024 * 1024;

export interface PollOptions {
  /** Ends the wait: the partner has gone, or the process is to end. */
  readonly signal?: AbortSignal;
  /** How long an answer is held until there is something to return. */
  readonly holdMs?: number;
}

export type Polled =
  | { readonly ok: true; readonly response: PollResponse }
  | { readonly ok: false; readonly reason: 'unknown' }
  /** Its events are pushed. */
  | { readonly ok: false; readonly reason: 'pushed' };

/**
 * The answer to a poll of a partner's stream (RFC 8936). What it acknowledges and refuses is settled at once; then the answer is held until
 * there is an event or time is up.
 */
export async function pollStream(
  exchange: Exchange,
  partner: string,
  streamId: string,
  request: PollRequest,
  { signal = new AbortController().signal, holdMs = HOLD_MS }: PollOptions = {},
): Promise<Polled> {
  const until = performance.now() + holdMs;
  let wake = Promise.withResolvers<void>();
  const unsubscribe = exchange.outbox?.onEvents(streamId, () => wake.resolve());
  try {
    for (let asked = request; ; asked = withoutSettlements(request)) {
      // Armed before the outbox is read: what is committed in between rings.
      wake = Promise.withResolvers<void>();
      const taken = await take(exchange, partner, streamId, asked);
      if (!taken.ok) return taken;
      const left = until - performance.now();
      if (!taken.plan.wait || left <= 0 || signal.aborted)
        return { ok: true, response: await answerOf(exchange, taken) };
      const timer = new AbortController();
      const ended = AbortSignal.any([signal, timer.signal]);
      await Promise.race([
        wake.promise,
        pause(Math.min(left, LOOK_AGAIN_MS), undefined, { signal: ended }).catch(() => undefined),
      ]).finally(() => timer.abort());
    }
  } finally {
    unsubscribe?.();
  }
}

const withoutSettlements = (request: PollRequest): PollRequest =>
  PollRequest.parse({ ...request, ack: [], setErrs: {} });

type Plan = PollPlan<{ readonly seq: number; readonly jti: string }>;

interface Taken {
  readonly ok: true;
  readonly stream: OutboundStream;
  readonly plan: Plan;
  readonly events: readonly OutboxEvent[];
}

async function take(
  exchange: Exchange,
  partner: string,
  streamId: string,
  request: PollRequest,
): Promise<Taken | Extract<Polled, { ok: false }>> {
  const taken = await inExchange(
    exchange.db,
    async (tx): Promise<Taken | Extract<Polled, { ok: false }>> => {
      const stream = await readStream(tx, streamId);
      if (stream === null) return { ok: false, reason: 'unknown' };
      if (stream.configuration.delivery.method === PUSH) return { ok: false, reason: 'pushed' };
      const named = [...request.ack, ...Object.keys(request.setErrs)];
      const outstanding = await readOutstanding(tx, streamId, { first: EVENTS_MAX + named.length + 1, named });
      const plan = planPoll(outstanding, request, {
        limit: EVENTS_MAX,
        mayReturn: ({ seq }) => mayDeliver(stream.state, seq),
      });
      await note(tx, streamId, plan);
      const events = await readEvents(
        tx,
        streamId,
        plan.returned.map(({ seq }) => seq),
      );
      return { ok: true, stream, plan, events };
    },
    partner,
  );
  if (taken.ok) await report(exchange, taken);
  return taken;
}

/** What the request settles, and what it complains of though the event is not to blame. */
async function note(tx: Transaction<DB>, streamId: string, { acknowledged, refused, failed }: Plan): Promise<void> {
  const delivered = acknowledged.map(({ seq }): Settled => ({ seq, error: null }));
  await settle(tx, streamId, [...delivered, ...refusalsOf({ refused })]);
  if (delivered.length > 0) await noteDelivery(tx, streamId);
  const [first] = failed;
  if (first === undefined) return;
  const { seq } = first.event;
  const error = `event ${seq}: ${first.error.err} ${first.error.description}`.trim();
  await sql`
    update stream set last_error = ${error}, last_error_at = clock_timestamp()
     where id = (select id from stream where id = ${streamId} for no key update skip locked)`.execute(tx);
}

/** For operations; the errors themselves are in the outbox. */
async function report(exchange: Exchange, { stream, plan }: Taken): Promise<void> {
  const { id: streamId, partner } = stream;
  for (const { event, error } of plan.failed) {
    exchange.log.warn({ partner, streamId, seq: event.seq, error: error.err }, 'the partner cannot verify an event');
  }
  if (plan.refused.length === 0) return;
  const refused = refusalsOf(plan);
  exchange.log.warn({ partner, streamId, seqs: refused.map(({ seq }) => seq) }, 'the partner refuses events');
  await inExchange(exchange.db, (tx) => reportRefusals(tx, { partner, streamId }, refused));
}

function refusalsOf({ refused }: Pick<Plan, 'refused'>): Settled[] {
  return refused.map(({ event, error }) => ({ seq: event.seq, error }));
}

async function answerOf(exchange: Exchange, { stream, plan, events }: Taken): Promise<PollResponse> {
  const sets: { jti: string; compact: string }[] = [];
  let characters = 0;
  for (const event of events) {
    if (characters > ANSWER_CHARACTERS) break;
    const compact = await signEvent(exchange, stream, event).catch((error: unknown) => {
      const { partner, id: streamId } = stream;
      exchange.log.error({ partner, streamId, seq: event.seq, err: error }, 'an event cannot be sent');
      // Nothing goes past it, but what stands before it does.
      if (sets.length === 0) throw error;
      return null;
    });
    if (compact === null) break;
    characters += compact.length;
    sets.push({ jti: event.jti, compact });
  }
  return pollResponse(sets, plan.moreAvailable || sets.length < events.length);
}
