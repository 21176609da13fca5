import { judgePushResponse, mayDeliver, PUSH, retryAt, SET_MEDIA_TYPE } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import { type Exchange, PartnerUnreachable } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { type Partner, readPartner } from '../partners.ts';
import { type OutboundStream, readStream, toStream } from './outbound-stream.ts';
import { endedFrom, noteDelivery, type OutboxEvent, reportRefusals, type Settled, settle } from './outbox.ts';
import { signEvent } from './sign-event.ts';
import { takeTurn } from './turn.ts';

export interface Delivery {
  /**
   * - `done`: nothing is left to push, or the stream is not pushed
   * - `more`: time was up
   * - `later`: not before `retryAt`
   * - `busy`: another process has the turn
   */
  readonly outcome: 'done' | 'more' | 'later' | 'busy';
  /** Events that are settled now: delivered, or refused by the partner. */
  readonly settled: number;
  readonly retryAt: Instant | null;
}

/** Then the transaction that holds the turn commits, and what was delivered is known to be. */
const TURN_MS = 1000;
const TURN_EVENTS = 200;
/** Then the caller decides: it may have other streams to serve. */
const WHOLE_MS = 10_000;
const PUSH_TIMEOUT_MS = 10_000;
/** Of an answer only an error code and its description matter. */
const ANSWER_BYTES = 64 * 1024;

/**
 * Pushes the next events of a stream (RFC 8935), one after the other, in the order of `seq`, each once the one before is settled. While one
 * process has the turn no other delivers this stream. What was sent is noted when the turn is given back: after a crash it is
 * sent again, under the same `jti`.
 * A failure is noted with the time of the next attempt and keeps the order; the events behind it wait.
 */
export async function deliverStream(exchange: Exchange, streamId: string, signal: AbortSignal): Promise<Delivery> {
  const until = performance.now() + WHOLE_MS;
  for (let settled = 0; ; ) {
    const turn = await inExchange(exchange.db, (tx) => deliverTurn(exchange, tx, streamId, signal));
    settled += turn.settled;
    if (turn.outcome !== 'more' || signal.aborted || performance.now() > until) return { ...turn, settled };
  }
}

async function deliverTurn(
  exchange: Exchange,
  tx: Transaction<DB>,
  streamId: string,
  signal: AbortSignal,
): Promise<Delivery> {
  if (!(await takeTurn(tx, streamId))) return { outcome: 'busy', settled: 0, retryAt: null };
  const until = performance.now() + TURN_MS;
  const settled: Settled[] = [];
  let hadFailed = false;
  const end = async (outcome: Delivery['outcome'], failure: Failure | null = null): Promise<Delivery> => {
    const noted = await noteTurn(exchange, tx, streamId, { settled, failure, hadFailed });
    return { outcome, settled: settled.length, retryAt: noted };
  };
  let partner: Partner | null = null;
  while (settled.length < TURN_EVENTS && performance.now() < until && !signal.aborted) {
    const { stream, event } = await readNext(tx, streamId, settled.at(-1)?.seq ?? 0);
    if (settled.length === 0 && stream.nextAttemptAt !== null && stream.nextAttemptAt > exchange.now())
      return { outcome: 'later', settled: 0, retryAt: stream.nextAttemptAt };
    hadFailed ||= stream.attempts > 0;
    partner ??= await readPartner(tx, stream.partner);
    if (event === null || partner === null) return end('done');
    const pushed = await push(exchange, stream, partner, event, signal);
    if (pushed === null) break;
    if ('detail' in pushed) return end('later', pushed);
    settled.push(pushed);
  }
  return end('more');
}

/**
 * The stream, and its next event if that may be pushed now: it may have been stopped, or turned to polls, since the last one.
 * Whoever has the turn finds the stream there.
 */
async function readNext(
  tx: Transaction<DB>,
  streamId: string,
  after: number,
): Promise<{ readonly stream: OutboundStream; readonly event: OutboxEvent | null }> {
  const row = await tx
    .selectFrom('stream as s')
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom('outbox as o')
          .select(['o.seq', 'o.jti', 'o.event', 'o.payload', 'o.toe', 'o.txn', endedFrom.as('endedFrom')])
          .whereRef('o.stream_id', '=', 's.id')
          .where('o.settled_at', 'is', null)
          .where('o.seq', '>', after)
          .orderBy('o.seq')
          .limit(1)
          .as('next'),
      (join) => join.onTrue(),
    )
    .selectAll('s')
    .select(['next.seq', 'next.jti', 'next.event', 'next.payload', 'next.toe', 'next.txn', 'next.endedFrom'])
    .where('s.id', '=', streamId)
    .executeTakeFirstOrThrow();
  const stream = toStream(row);
  const isDue = row.seq !== null && stream.configuration.delivery.method === PUSH && mayDeliver(stream.state, row.seq);
  return { stream, event: isDue ? (row as unknown as OutboxEvent) : null };
}

interface Failure {
  readonly detail: string;
  readonly retryAfter?: string | undefined;
}

/** @returns what became of the event, or the failure; null: given up because the process is to end */
async function push(
  exchange: Exchange,
  stream: OutboundStream,
  partner: Partner,
  event: OutboxEvent,
  signal: AbortSignal,
): Promise<Settled | Failure | null> {
  const { delivery } = stream.configuration;
  if (delivery.method !== PUSH) return null;
  const { seq } = event;
  try {
    const body = await signEvent(exchange, stream, event);
    const {
      status,
      headers,
      body: text,
    } = await exchange.client.send(partner, {
      method: 'POST',
      url: delivery.endpoint_url,
      contentType: SET_MEDIA_TYPE,
      accept: 'application/json',
      // RFC 8935 section 2.3: the language of the description of an error.
      acceptLanguage: 'en',
      body,
      ...(delivery.authorization_header !== undefined && { authorization: delivery.authorization_header }),
      timeoutMs: PUSH_TIMEOUT_MS,
      maxBytes: ANSWER_BYTES,
      signal,
    });
    const outcome = judgePushResponse({ status, body: text });
    if (outcome.kind === 'delivered') return { seq, error: null };
    if (outcome.kind === 'refused') return { seq, error: outcome.error };
    return { detail: `event ${seq}: ${outcome.detail}`, retryAfter: headers.get('retry-after') ?? undefined };
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof PartnerUnreachable) return { detail: `event ${seq}: ${error.message}` };
    // No key, or an event that cannot be signed: it is loud, and nothing goes past it.
    exchange.log.error({ partner: partner.code, streamId: stream.id, seq, err: error }, 'an event cannot be sent');
    return { detail: `event ${seq} cannot be sent` };
  }
}

interface Turn {
  readonly settled: readonly Settled[];
  readonly failure: Failure | null;
  /** Before: that this is over must not go unnoted. */
  readonly hadFailed: boolean;
}

/** The stream is locked before its events, as everywhere, and only at and after a failure: a delivery does not wait for writers. */
async function noteTurn(
  exchange: Exchange,
  tx: Transaction<DB>,
  streamId: string,
  { settled, failure, hadFailed }: Turn,
): Promise<Instant | null> {
  const isToBeSure = failure !== null || (hadFailed && settled.length > 0);
  const stream = isToBeSure ? await readStream(tx, streamId, { lock: true }) : null;
  if (settled.length > 0 && failure === null) await noteDelivery(tx, streamId);
  await settle(tx, streamId, settled);
  const refused = settled.filter(({ error }) => error !== null);
  if (refused.length > 0) await tellRefusals(exchange, tx, streamId, refused);
  if (failure === null || stream === null) return null;
  const attempt = settled.length > 0 ? 1 : stream.attempts + 1;
  const { retryAfter } = failure;
  const next = retryAt({ attempt, random: Math.random(), now: exchange.now(), retryAfter });
  await sql`
    update stream
       set attempts = ${attempt}, next_attempt_at = ${next}, last_error = ${failure.detail}, last_error_at = clock_timestamp(),
           last_delivery_at = case when ${settled.length > 0} then clock_timestamp() else last_delivery_at end
     where id = ${streamId}`.execute(tx);
  const { partner } = stream;
  exchange.log.warn({ partner, streamId, attempt, retryAt: next, reason: failure.detail }, 'delivery failed');
  return next;
}

async function tellRefusals(
  exchange: Exchange,
  tx: Transaction<DB>,
  streamId: string,
  refused: readonly Settled[],
): Promise<void> {
  const stream = await readStream(tx, streamId);
  if (stream === null) return;
  const { partner } = stream;
  exchange.log.warn({ partner, streamId, seqs: refused.map(({ seq }) => seq) }, 'the partner refuses events');
  await reportRefusals(tx, { partner, streamId }, refused);
}
