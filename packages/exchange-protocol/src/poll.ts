import { z } from 'zod';
import { isObject, readJsonObject } from './json-object.ts';
import { isAboutTheEvent, ReceivedSetError } from './set-errors.ts';
import { anyText, line } from './text.ts';
import { SET_LENGTH_MAX } from './tokens.ts';

/** Most events of one answer. */
export const POLL_MAX = 1000;

/**
 * Names in one request: RFC 8936 knows no limit, and more do not fit into the mebibyte of a body, in which each has four characters or more
 * (`"a",`).
 */
const NAMES_MAX = 262_144;

const JtiName = line(128).min(1);

/** Body of a poll (RFC 8936 section 2.2). Without `maxEvents` the transmitter decides; 0 asks for none, and any number may be asked for. */
export const PollRequest = z
  .object({
    maxEvents: z.int().min(0).max(2_147_483_647).optional(),
    returnImmediately: z.boolean().default(false),
    ack: z.array(JtiName).max(NAMES_MAX).default([]),
    setErrs: z.record(JtiName, ReceivedSetError).default({}),
  })
  .meta({ id: 'PollRequest', description: 'Acknowledges events and asks for more (RFC 8936).' });
export type PollRequest = z.infer<typeof PollRequest>;

/** Answer to a poll as it is given (RFC 8936 section 2.3): SETs by `jti`, an empty object where there is none. */
export const PollResponse = z
  .object({
    sets: z.record(JtiName, anyText(SET_LENGTH_MAX)),
    moreAvailable: z.boolean().default(false),
  })
  .meta({ id: 'PollResponse', description: 'Events not yet acknowledged, by jti (RFC 8936).' });
export type PollResponse = z.infer<typeof PollResponse>;

/** An event as a poll returned it. */
export interface PolledSet {
  /** The name under which it came, however long. */
  readonly jti: string;
  /** null: what came is not even text. */
  readonly compact: string | null;
}

/**
 * Reads the answer of a partner to a poll (RFC 8936 section 2.3). What is returned is judged one by one: that one is too long, or has a name
 * that none may have, says nothing about the others.
 * @returns what it returned, in no order; null when it is no such answer, for example because it was cut off
 */
export function readPollResponse(body: string): readonly PolledSet[] | null {
  const sets = readJsonObject(body)?.sets;
  if (!isObject(sets)) return null;
  return Object.entries(sets).map(([jti, compact]) => ({ jti, compact: typeof compact === 'string' ? compact : null }));
}

/** An event that was committed and not acknowledged. */
export interface Outstanding {
  readonly jti: string;
  readonly seq: number;
}

export interface Complaint<Event extends Outstanding> {
  readonly event: Event;
  readonly error: ReceivedSetError;
}

export interface PollPlan<Event extends Outstanding> {
  /** Acknowledged by this request: never sent again. */
  readonly acknowledged: readonly Event[];
  /** Refused for what is in them: not sent again, kept with the error for operations. */
  readonly refused: readonly Complaint<Event>[];
  /** Refused for keys, issuer, audience or access: to be reported; they come again, because every other event would fail too. */
  readonly failed: readonly Complaint<Event>[];
  /** To be returned, in the order of `seq`. */
  readonly returned: readonly Event[];
  readonly moreAvailable: boolean;
  /**
   * No event is available, and the receiver would rather wait than be told so: hold the answer until there is one or time is up. Also
   * where the request asks for none and only acknowledges (section 2.4.2: a long poll still occurs unless `returnImmediately`).
   */
  readonly wait: boolean;
}

/**
 * What a poll does. Acknowledgements and errors count before events are chosen. What is neither acknowledged nor refused comes again
 * with every poll, from the lowest `seq` on (RFC 8936 section 2.4), so a receiver that lost one gets it again in order.
 * A `jti` that is both acknowledged and in `setErrs` counts as the latter; one that is not outstanding is ignored: it was settled before.
 * @param outstanding in any order; enough of the lowest `seq` to fill an answer, and those the request names
 * @param limit most events this transmitter returns at once
 * @param mayReturn whether an event may be transmitted now (`mayDeliver` of its stream); all can be acknowledged
 */
export function planPoll<Event extends Outstanding>(
  outstanding: readonly Event[],
  { maxEvents, returnImmediately, ack, setErrs }: PollRequest,
  {
    limit = POLL_MAX,
    mayReturn = () => true,
  }: { readonly limit?: number; readonly mayReturn?: (event: Event) => boolean } = {},
): PollPlan<Event> {
  const errors = new Map(Object.entries(setErrs));
  const acks = new Set(ack.filter((jti) => !errors.has(jti)));
  const bySeq = [...outstanding].sort((a, b) => a.seq - b.seq);
  const complaints = bySeq.flatMap((event) => {
    const error = errors.get(event.jti);
    return error === undefined ? [] : [{ event, error }];
  });
  const refused = complaints.filter(({ error }) => isAboutTheEvent(error));
  const settled = new Set([...acks, ...refused.map(({ event }) => event.jti)]);
  const left = bySeq.filter((event) => !settled.has(event.jti) && mayReturn(event));
  const returned = left.slice(0, Math.min(maxEvents ?? limit, limit));
  return {
    acknowledged: bySeq.filter(({ jti }) => acks.has(jti)),
    refused,
    failed: complaints.filter(({ error }) => !isAboutTheEvent(error)),
    returned,
    moreAvailable: left.length > returned.length,
    wait: left.length === 0 && !returnImmediately,
  };
}

/** The answer for events returned; `sets` is built so that no `jti` can be lost as a property name. */
export function pollResponse(
  returned: readonly { readonly jti: string; readonly compact: string }[],
  moreAvailable: boolean,
): PollResponse {
  return { sets: Object.fromEntries(returned.map(({ jti, compact }) => [jti, compact])), moreAvailable };
}
