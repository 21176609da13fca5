import type { Exchange, ExchangeLog, Partner } from '@mra/exchange';
import { type AskMemory, askAboutUnreadable, askAgain, isToAskAbout, newAskMemory } from './ask-again.ts';
import { nextAttempt, OURS, reasonOf } from './failure.ts';
import {
  beginInboundStream,
  forgetInboundStream,
  type InboundStream,
  noteFailed,
  noteWorking,
  readInboundStream,
} from './inbound-stream.ts';
import { ensureStream } from './make-stream.ts';
import { newPollMemory, type PollMemory, pollPartner } from './poll-partner.ts';
import { takeTurn } from './turns.ts';

const LOOK_AGAIN_MS = 1000;

interface Receiving {
  /** Its id. */
  readonly worker: string;
  readonly pollTimeoutMs: number;
}

/** What one worker remembers of one partner while it runs. */
interface Memory extends AskMemory {
  readonly poll: PollMemory;
  /** When the stream was last looked at, by `performance`; null: not since the worker began, and much may have changed meanwhile. */
  streamSeenAt: number | null;
  /** Turns that failed in a row. */
  failures: number;
  /** Of a push: beyond which event something was missing when last looked. */
  missingAfter: number | null;
}

/**
 * Receives from one partner, turn by turn: makes the stream, polls it, asks for what is missing. Failures are noted for operations and
 * tried again with back-off.
 * @returns the turn, for a loop: it gives the milliseconds until the next
 */
export function receiverFrom(exchange: Exchange, partner: Partner, { worker, pollTimeoutMs }: Receiving) {
  const memory: Memory = {
    poll: newPollMemory(),
    streamSeenAt: null,
    failures: 0,
    missingAfter: null,
    ...newAskMemory(),
  };
  return async (signal: AbortSignal): Promise<number> => {
    if (!(await takeTurn(exchange, partner.code, worker))) {
      memory.streamSeenAt = null;
      return LOOK_AGAIN_MS;
    }
    const stream = await readInboundStream(exchange, partner.code);
    if (stream === null) return LOOK_AGAIN_MS;
    try {
      const wait = await turn(exchange, partner, stream, memory, { pollTimeoutMs, signal });
      memory.failures = 0;
      if (stream.failures > 0) await noteWorking(exchange, partner.code);
      return wait;
    } catch (error) {
      if (signal.aborted) return 0;
      return noteFailure(exchange, partner, memory, error);
    }
  };
}

async function turn(
  exchange: Exchange,
  partner: Partner,
  stream: InboundStream,
  memory: Memory,
  { pollTimeoutMs, signal }: { readonly pollTimeoutMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const { configuration } = stream;
  if (configuration === null || memory.streamSeenAt === null) {
    const ours = await ensureStream(exchange, partner, configuration?.stream_id ?? null, signal);
    await beginInboundStream(exchange, partner.code, ours);
    memory.streamSeenAt = performance.now();
    // What waits there after failures would come when the partner tries again; asked for, it comes now.
    const isPushed =
      partner.receiveBy === 'push' && configuration?.stream_id === ours.stream_id && !stream.needsSnapshot;
    if (isPushed) await askAgain(exchange, partner, stream, stream.lastApplied + 1, memory, signal);
    return 0;
  }
  if (partner.receiveBy === 'push') return watchPushes(exchange, partner, stream, memory, signal);
  const isMissing = lacksEvents(stream);
  // What is to be said of unreadable events must be said first: only then do they not come by themselves.
  const isTelling = memory.poll.setErrs.size > 0;
  if (isMissing) await askAgain(exchange, partner, stream, stream.lastApplied + 1, memory, signal);
  else {
    memory.gap = null;
    if (!isTelling) await askAboutUnreadable(exchange, partner, stream, memory, signal);
  }
  const isWaiting = isMissing || isToAskAbout(stream);
  const url = configuration.delivery.endpoint_url;
  const terms = { url, hold: !isWaiting && !isTelling, timeoutMs: pollTimeoutMs };
  const polled = await pollPartner(exchange, partner, terms, memory.poll, signal);
  if (polled === null) {
    await forgetInboundStream(exchange, partner.code);
    return 0;
  }
  return polled.settled === 0 && !isTelling && (isWaiting || polled.notKept > 0) ? LOOK_AGAIN_MS : 0;
}

/**
 * Where a snapshot is needed, what is missing will be in it; events go on meanwhile as far as they can be applied. While one is being
 * applied they wait.
 */
function lacksEvents({ newestSeq, lastApplied, needsSnapshot, isHeld }: InboundStream): boolean {
  return newestSeq > lastApplied && !needsSnapshot && !isHeld;
}

/**
 * Events arrive at the API, in whatever process. What is missing is asked for once it has been missing for a second: pushes may
 * overtake one another. A partner that is silent for a cadence is asked whether it has our stream.
 */
async function watchPushes(
  exchange: Exchange,
  partner: Partner,
  stream: InboundStream,
  memory: Memory,
  signal: AbortSignal,
): Promise<number> {
  const { lastApplied, heardAt } = stream;
  const isMissing = lacksEvents(stream);
  if (isMissing && memory.missingAfter === lastApplied)
    await askAgain(exchange, partner, stream, lastApplied + 1, memory, signal);
  else if (!isMissing) await askAboutUnreadable(exchange, partner, stream, memory, signal);
  memory.missingAfter = isMissing ? lastApplied : null;
  const cadenceMs = partner.cadenceSeconds * 1000;
  const silentMs = Date.parse(exchange.now()) - Date.parse(heardAt ?? exchange.now());
  const unseenMs = performance.now() - (memory.streamSeenAt ?? 0);
  if (silentMs > cadenceMs && unseenMs > Math.max(10_000, cadenceMs / 2)) memory.streamSeenAt = null;
  return LOOK_AGAIN_MS;
}

async function noteFailure(exchange: Exchange, partner: Partner, memory: Memory, error: unknown): Promise<number> {
  const reason = reasonOf(error);
  if (reason === null)
    exchange.log.error({ partner: partner.code, err: error }, 'what was received could not be taken');
  const message = reason ?? OURS;
  memory.failures += 1;
  const { failures } = memory;
  const now = exchange.now();
  // A partner that is back is to be heard before its data count as stale. What it asks for itself counts in any case.
  const maxSeconds = Math.min(60, Math.max(2, partner.cadenceSeconds / 10));
  const nextAttemptAt = nextAttempt(error, failures, now, { maxSeconds });
  await noteFailed(exchange, partner.code, { error: message, failures, nextAttemptAt });
  report(exchange.log, { partner: partner.code, failures, retryAt: nextAttemptAt, reason: message });
  return Math.max(100, Date.parse(nextAttemptAt) - Date.parse(now));
}

function report(log: ExchangeLog, fields: Readonly<Record<string, unknown>> & { readonly failures: number }): void {
  // The first, and then ever more seldom: a partner may be away for days.
  const isTold = Number.isInteger(Math.log2(fields.failures));
  if (isTold) log.warn(fields, 'receiving failed');
}
