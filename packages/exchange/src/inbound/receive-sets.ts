import { readEvent, type SetError, setError, type VerifiedSet, verifySet } from '@mra/exchange-protocol';
import { EXCHANGE_ACTOR, type Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import { reportSeldom } from '../reports.ts';
import type { Incoming } from './arrange-events.ts';
import { EventRefused, isDataFault } from './data-fault.ts';
import { NoInboundStream, readInboundState } from './inbound-stream.ts';
import { watchClock } from './partner-clock.ts';
import { type TakenIn, takeIn } from './take-in.ts';
import { isPlaceless, noteUnreadable } from './unreadable.ts';

/** A security event token as it came. */
export interface ReceivedSet {
  readonly compact: string;
  /** The name under which a poll returned it. */
  readonly jti?: string;
}

/** What a token is answered with. */
export interface SetReceipt {
  /** null: it could not be read. */
  readonly jti: string | null;
  /**
   * `accepted`, `duplicate` and `waiting` (kept behind a gap) are to be acknowledged; `error` to be told; `not_kept` to be left open, so
   * that it comes again.
   */
  readonly outcome: 'accepted' | 'duplicate' | 'waiting' | 'error' | 'not_kept';
  /** Of `error`. */
  readonly error?: SetError;
  /** Of `error`: not even its place in the stream could be read, so that nobody knows what is missing. Absent: no. */
  readonly isUnreadable?: boolean;
}

export interface SetsReceived {
  /** One for each token, in order. */
  readonly receipts: readonly SetReceipt[];
  /** Events from here on are missing and must be asked for again; null: none is. */
  readonly askFrom: number | null;
}

/** The keys of the partner cannot be had now, which says nothing about what came: it must come again. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** Applied at a time: readers wait as long as a recording takes, so that a large poll is several. */
const AT_ONCE = 100;

/**
 * Receives tokens of a partner (exchange contract, section 3): each is verified; those not seen before are put in order and applied, each
 * set of them in one recording with what is noted of it, so that a crash at any point loses none and applies none twice. That a pushed
 * one was unreadable is noted (`noteUnreadable`); one that was polled comes again until it is answered, and the poller may wait.
 * @throws NoInboundStream, KeysUnavailable, errors of the database. Nothing may then be acknowledged
 */
export async function receiveSets(
  exchange: Exchange,
  partner: Partner,
  received: readonly ReceivedSet[],
): Promise<SetsReceived> {
  const verified = await Promise.all(received.map((one) => verify(exchange, partner, one)));
  const receipts: SetReceipt[] = [];
  for (const [place, one] of verified.entries()) {
    if (one.ok) continue;
    const error = setError(one.err, one.description);
    receipts[place] = { jti: received[place]?.jti ?? null, outcome: 'error', error, isUnreadable: true };
  }
  await reportRefused(exchange, partner, receipts);
  const sets = verified.flatMap((one) => (one.ok ? [one.set] : []));
  await watchClock(exchange, partner, sets);
  const jtis = sets.map(({ jti }) => jti);
  const { streamId, firstMissing, answers } = await readInboundState(exchange.db, partner.code, jtis);
  if (streamId === null) throw new NoInboundStream(`no stream at ${partner.code}`);
  const fresh: (Incoming & { readonly place: number })[] = [];
  for (const [place, one] of verified.entries()) {
    if (!one.ok) continue;
    const { set } = one;
    const earlier = answers.get(set.jti);
    if (earlier === undefined) fresh.push({ place, set, reading: readEvent(set, streamId) });
    else receipts[place] = { jti: set.jti, ...earlier };
  }
  const placeless = new Set(fresh.filter(isPlaceless).map(({ place }) => place));
  const isUnreadable = (place: number): boolean => placeless.has(place) || verified[place]?.ok === false;
  if (received.some(({ jti }, place) => jti === undefined && isUnreadable(place)))
    await noteUnreadable(exchange, partner);
  // A poll returns them in no order.
  fresh.sort((a, b) => placeOf(a) - placeOf(b));
  let askFrom = firstMissing;
  for (let from = 0; from < fresh.length; from += AT_ONCE) {
    const set = fresh.slice(from, from + AT_ONCE);
    const taken = await takeInSafely(exchange, partner, streamId, set);
    for (const [index, receipt] of taken.receipts.entries()) {
      const place = set[index]?.place ?? -1;
      receipts[place] = placeless.has(place) ? { ...receipt, isUnreadable: true } : receipt;
    }
    ({ askFrom } = taken);
  }
  return { receipts, askFrom };
}

/**
 * Applies what waits for its turn and has it now, for example behind a snapshot.
 * @returns from where events are missing; null: none is
 */
export async function applyWaiting(exchange: Exchange, partner: Partner): Promise<number | null> {
  const { streamId } = await readInboundState(exchange.db, partner.code);
  if (streamId === null) return null;
  return (await takeInSafely(exchange, partner, streamId, [])).askFrom;
}

/** Events outside the sequence come first. */
const placeOf = ({ reading }: Incoming): number => (reading.ok ? reading.event.seq : reading.seq) ?? 0;

type Verified = { readonly ok: true; readonly set: VerifiedSet } | ({ readonly ok: false } & SetError);

async function verify(
  { keysOf, issuer }: Exchange,
  partner: Partner,
  { compact, jti }: ReceivedSet,
): Promise<Verified> {
  try {
    return await verifySet(compact, {
      keys: keysOf(partner),
      issuer: partner.issuer,
      audience: issuer,
      ...(jti !== undefined && { jti }),
    });
  } catch (cause) {
    throw new KeysUnavailable(`the keys of ${partner.code} cannot be had`, { cause });
  }
}

async function reportRefused(
  { db, log }: Exchange,
  { code }: Partner,
  receipts: readonly (SetReceipt | undefined)[],
): Promise<void> {
  const errors = new Set(receipts.flatMap((receipt) => receipt?.error?.err ?? []));
  for (const err of errors) {
    log.warn({ partner: code, error: err }, 'security event token refused');
    await inExchange(db, (tx) => reportSeldom(tx, code, 'set_refused', { err }));
  }
}

/**
 * Takes in a set of events; where the database refuses what one of them says, one by one, so that this one alone is put aside. Checks
 * should have found it: this keeps a mistake in them from stopping the stream.
 */
async function takeInSafely(
  exchange: Exchange,
  partner: Partner,
  streamId: string,
  events: readonly Incoming[],
): Promise<TakenIn> {
  const notStorable = new Set<string>();
  const take = (some: readonly Incoming[], alone: boolean) =>
    takeIn(exchange, EXCHANGE_ACTOR, { partner, streamId, events: some, alone, notStorable });
  try {
    return await take(events, false);
  } catch (error) {
    if (!isDataFault(error)) throw error;
    exchange.log.error({ partner: partner.code, err: error }, 'the registry refused a set of events');
  }
  const takeAlone = async (one: readonly Incoming[]): Promise<TakenIn> => {
    try {
      return await take(one, true);
    } catch (error) {
      if (!(error instanceof EventRefused)) throw error;
      exchange.log.error({ partner: partner.code, jti: error.jti, err: error }, 'the registry refused an event');
      notStorable.add(error.jti);
      return take(one, true);
    }
  };
  /** Those that wait and have their turn, one by one. */
  const catchUp = async (): Promise<TakenIn> => {
    const taken = await takeAlone([]);
    return taken.more ? catchUp() : taken;
  };
  let { askFrom } = await catchUp();
  const receipts: SetReceipt[] = [];
  for (const event of events) {
    const taken = await takeAlone([event]);
    receipts.push(...taken.receipts);
    ({ askFrom } = taken.more ? await catchUp() : taken);
  }
  return { receipts, askFrom, more: false };
}
