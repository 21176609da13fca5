import { type Exchange, noteUnreadable, type Partner, receiveSets, type SetReceipt } from '@mra/exchange';
import { type PolledSet, readPollResponse, type SetError } from '@mra/exchange-protocol';
import { UnusableAnswer } from './unusable-answer.ts';

const MAX_BYTES = 32 * 1024 * 1024;
const MOST_EVENTS = 500;

/** How often something that cannot be read is left unanswered: if it was damaged on its way, it comes whole the next time. */
const UNANSWERED = 2;
/** Longer names are not said again: the partner gives them to be remembered, and nobody needs that much. */
const NAME_MAX = 1000;

/** What is to be said with the next poll, and how much may come back. Lost with the process: then events come again. */
export interface PollMemory {
  ack: string[];
  /** By the name under which they were returned. */
  setErrs: ReadonlyMap<string, SetError>;
  maxEvents: number;
  /** What could not be read and was returned again until now, by name: how often. */
  unreadable: ReadonlyMap<string, number>;
}

export const newPollMemory = (): PollMemory => ({
  ack: [],
  setErrs: new Map(),
  maxEvents: MOST_EVENTS,
  unreadable: new Map(),
});

export interface PollOutcome {
  /** Events that were settled here: applied, known before, waiting, or refused for what is in them. */
  readonly settled: number;
  /** Returned, but not kept: too many wait behind a gap. */
  readonly notKept: number;
}

export interface PollTerms {
  readonly url: string;
  /** Whether the partner is to hold its answer until there is something to say. */
  readonly hold: boolean;
  readonly timeoutMs: number;
}

/** All that a partner returned is refused before its content, and it returns it again: what it signs with, or says it is, must be put right. */
export class UnreadableEvents extends Error {
  override readonly name = 'UnreadableEvents';
}

/**
 * One poll of our stream at a partner (RFC 8936): says what became of the events before, waits until there are new ones, and receives them.
 * What cannot be read is left unanswered twice, and then told as an error.
 * @returns null when the partner has no such stream
 * @throws UnusableAnswer, PartnerUnreachable; UnreadableEvents when nothing of what was returned could be read; whatever receiving throws:
 * then nothing is acknowledged, and all comes again
 */
export async function pollPartner(
  exchange: Exchange,
  partner: Partner,
  { url, hold, timeoutMs }: PollTerms,
  memory: PollMemory,
  signal: AbortSignal,
): Promise<PollOutcome | null> {
  const { ack, setErrs, maxEvents } = memory;
  const isComplaint = setErrs.size > 0;
  const body = JSON.stringify({
    maxEvents,
    returnImmediately: !hold,
    ack,
    ...(isComplaint && { setErrs: Object.fromEntries(setErrs) }),
  });
  const response = await exchange.client.send(partner, {
    method: 'POST',
    url,
    body,
    // RFC 8936 section 2.6: of the descriptions.
    ...(isComplaint && { contentLanguage: 'en' }),
    timeoutMs,
    maxBytes: MAX_BYTES,
    signal,
  });
  if (response.status === 404) return null;
  // Perhaps it does not understand what it is told of its events: then they come again, and the next poll can take others.
  if (response.status === 400) memory.setErrs = new Map();
  if (response.status !== 200) throw new UnusableAnswer('polling', response);
  memory.ack = [];
  memory.setErrs = new Map();
  const sets = readPollResponse(response.body);
  if (sets === null) {
    // Cut off, perhaps: fewer come next time. One event fits in any case.
    memory.maxEvents = Math.max(1, Math.floor(maxEvents / 4));
    throw new UnusableAnswer('polling: not readable', response);
  }
  if (sets.length === 0) {
    memory.unreadable = new Map();
    return { settled: 0, notKept: 0 };
  }
  const { receipts } = await receiveSets(
    exchange,
    partner,
    sets.map(({ jti, compact }) => ({ jti, compact: compact ?? '' })),
  );
  memory.maxEvents = Math.min(MOST_EVENTS, maxEvents * 2);
  return settle(exchange, partner, memory, sets, receipts);
}

/** Decides what is said of each with the next poll. */
async function settle(
  exchange: Exchange,
  partner: Partner,
  memory: PollMemory,
  sets: readonly PolledSet[],
  receipts: readonly SetReceipt[],
): Promise<PollOutcome> {
  const setErrs = new Map<string, SetError>();
  const unreadable = new Map<string, number>();
  const outcome = { settled: 0, notKept: 0 };
  let isRefused = false;
  for (const [place, { outcome: what, error, isUnreadable = false }] of receipts.entries()) {
    // By the name under which it was returned: what is in it may not be readable.
    const jti = sets[place]?.jti ?? '';
    if (what === 'not_kept') outcome.notKept += 1;
    else if (!isUnreadable) outcome.settled += 1;
    if (isUnreadable) unreadable.set(jti, (memory.unreadable.get(jti) ?? 0) + 1);
    const isEarly = isUnreadable && (unreadable.get(jti) ?? 0) <= UNANSWERED;
    if (what === 'not_kept' || isEarly || jti.length > NAME_MAX) continue;
    if (what === 'error' && error !== undefined) setErrs.set(jti, error);
    else memory.ack.push(jti);
    isRefused ||= isUnreadable;
  }
  // Before it is said: the partner may count as settled whatever is refused.
  if (isRefused) await noteUnreadable(exchange, partner);
  Object.assign(memory, { setErrs, unreadable });
  const [first] = receipts.flatMap(({ error, isUnreadable }) => (isUnreadable && error !== undefined ? [error] : []));
  if (outcome.settled === 0 && first !== undefined)
    throw new UnreadableEvents(`polling: ${unreadable.size} events refused: ${first.err} ${first.description}`);
  return outcome;
}
