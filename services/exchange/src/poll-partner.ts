import { type Exchange, type Partner, receiveSets } from '@mra/exchange';
import { PollResponse, readJsonObject, type SetError } from '@mra/exchange-protocol';
import { UnusableAnswer } from './unusable-answer.ts';

/** Longer than a transmitter holds an answer (ours for 25 s), and no longer: a network that swallows everything tells nobody. */
const TIMEOUT_MS = 40_000;
const MAX_BYTES = 32 * 1024 * 1024;
const MOST_EVENTS = 500;

/** What is to be said with the next poll, and how much may come back. Lost with the process: then events come again. */
export interface PollMemory {
  ack: string[];
  setErrs: Record<string, SetError>;
  maxEvents: number;
}

export const newPollMemory = (): PollMemory => ({ ack: [], setErrs: {}, maxEvents: MOST_EVENTS });

export interface PollOutcome {
  /** Events that were settled here: applied, known before, waiting, or refused. */
  readonly settled: number;
  /** Returned, but not kept: too many wait behind a gap. */
  readonly notKept: number;
}

/**
 * One poll of our stream at a partner (RFC 8936): says what became of the events before, waits until there are new ones, and receives them.
 * @param hold whether the partner is to hold its answer until there is something to say
 * @returns null when the partner has no such stream
 * @throws UnusableAnswer, PartnerUnreachable; whatever receiving throws: then nothing is acknowledged, and all comes again
 */
export async function pollPartner(
  exchange: Exchange,
  partner: Partner,
  { url, hold }: { readonly url: string; readonly hold: boolean },
  memory: PollMemory,
  signal: AbortSignal,
): Promise<PollOutcome | null> {
  const { ack, setErrs, maxEvents } = memory;
  const body = JSON.stringify({
    maxEvents,
    returnImmediately: !hold,
    ack,
    ...(Object.keys(setErrs).length > 0 && { setErrs }),
  });
  const response = await exchange.client.send(partner, {
    method: 'POST',
    url,
    body,
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    signal,
  });
  if (response.status === 404) return null;
  if (response.status !== 200) throw new UnusableAnswer('polling', response);
  memory.ack = [];
  memory.setErrs = {};
  const { data } = PollResponse.safeParse(readJsonObject(response.body));
  if (data === undefined) {
    // Cut off, perhaps: fewer come next time. One event fits in any case.
    memory.maxEvents = Math.max(1, Math.floor(maxEvents / 4));
    throw new UnusableAnswer('polling: not readable', response);
  }
  const sets = Object.entries(data.sets).map(([jti, compact]) => ({ jti, compact }));
  if (sets.length === 0) return { settled: 0, notKept: 0 };
  const { receipts } = await receiveSets(exchange, partner, sets);
  memory.maxEvents = Math.min(MOST_EVENTS, maxEvents * 2);
  for (const [place, { outcome, error }] of receipts.entries()) {
    // By the name under which it was returned: what is in it may not be readable.
    const jti = sets[place]?.jti;
    if (jti === undefined || outcome === 'not_kept') continue;
    if (outcome === 'error' && error !== undefined) memory.setErrs[jti] = error;
    else memory.ack.push(jti);
  }
  const notKept = receipts.filter(({ outcome }) => outcome === 'not_kept').length;
  return { settled: receipts.length - notKept, notKept };
}
