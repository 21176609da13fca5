import {
  createOutboundStream,
  deliverStream,
  inExchange,
  loadSnapshot,
  PartnerUnreachable,
  pollStream,
  receiveSets,
  replayEvents,
} from '@mra/exchange';
import { EVENT_TYPES, POLL, PUSH, SET_MEDIA_TYPE, type SetError } from '@mra/exchange-protocol';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { runTimers } from '../streams.ts';
import type { Answer, ModelNode } from './node.ts';

/**
 * - `lost`: on its way; the sender knows that nothing arrived
 * - `answer lost`: it arrived, and the sender does not know
 * - `first lost`: the sender believes that it arrived
 */
export type Fault = 'none' | 'lost' | 'answer lost' | 'first lost' | 'reversed' | 'twice';

interface InFlight {
  readonly jti: string;
  readonly compact: string;
}

/** What goes from one node to the other, by polls or pushes, and what their workers do about it. */
export class Way {
  readonly sender: ModelNode;
  readonly receiver: ModelNode;
  readonly by: 'poll' | 'push';
  /** All that ever went. */
  readonly sent: InFlight[] = [];
  /** What the receiver will say with its next poll: forgotten when it dies. */
  #said = { ack: [] as string[], setErrs: {} as Record<string, SetError> };
  #streamId = '';

  constructor(sender: ModelNode, receiver: ModelNode, by: 'poll' | 'push') {
    this.sender = sender;
    this.receiver = receiver;
    this.by = by;
  }

  /** A new stream between nodes that have nothing; nobody is a member yet, so that the receiver may begin at the first event. */
  async begin(): Promise<void> {
    const { sender, receiver, by } = this;
    const created = await createOutboundStream(sender.exchange, sender.partner, {
      events_requested: Object.values(EVENT_TYPES),
      delivery:
        by === 'poll' ? { method: POLL } : { method: PUSH, endpoint_url: `${sender.partner.issuer}/exchange/events` },
    });
    if (!created.ok) throw new Error(`no stream: ${created.reason}`);
    this.#streamId = created.configuration.stream_id;
    await sender.database.asOwner(
      `update stream set swept_to = null, sweep_is_silent = false, coverage = coverage_of(partner, now())`,
    );
    await receiver.database.asOwner(
      `update inbound_stream
          set stream_id = $1, configuration = $2, last_applied = 0, newest_seq = 0, needs_snapshot = false, snapshot_reason = null,
              heard_at = null, last_error = null, failures = 0, applying = null, applying_until = null, snapshot_seq = 0, needed_seq = 0`,
      [this.#streamId, JSON.stringify(created.configuration)],
    );
  }

  /** What is outstanding is sent, and arrives as the fault has it. What the receiver then lacks it asks for. */
  async send(fault: Fault, most = 100): Promise<void> {
    await (this.by === 'poll' ? this.#poll(fault, most) : this.#push(fault, most));
    await this.#makeUp();
  }

  async #poll(fault: Fault, most: number): Promise<void> {
    const request = { maxEvents: most, ...this.#said, returnImmediately: true };
    const polled = await pollStream(this.sender.exchange, this.receiver.code, this.#streamId, request, { holdMs: 0 });
    if (!polled.ok) throw new Error(`not polled: ${polled.reason}`);
    this.#said = { ack: [], setErrs: {} };
    const sets = Object.entries(polled.response.sets).map(([jti, compact]) => ({ jti, compact }));
    this.sent.push(...sets);
    const arrived = {
      none: sets,
      'answer lost': sets,
      lost: [],
      'first lost': sets.slice(1),
      reversed: sets.toReversed(),
      twice: [...sets, ...sets],
    }[fault];
    const said = await this.#receive(arrived);
    // What the receiver would say is lost: it must hear all of it again.
    if (fault !== 'answer lost') this.#said = said;
  }

  /** @returns what the receiver acknowledges, and what it refuses */
  async #receive(sets: readonly InFlight[]) {
    const { exchange, partner } = this.receiver;
    const { receipts } = await receiveSets(exchange, partner, sets);
    const said = { ack: [] as string[], setErrs: {} as Record<string, SetError> };
    for (const [place, { outcome, error }] of receipts.entries()) {
      const { jti = '' } = sets[place] ?? {};
      if (error !== undefined) said.setErrs[jti] = error;
      else if (outcome !== 'not_kept') said.ack.push(jti);
    }
    return said;
  }

  /** Whatever stands between the two takes an event in and loses it, holds it back or lets it through. */
  async #push(fault: Fault, most: number): Promise<void> {
    const enough = new AbortController();
    const held: string[] = [];
    let pushed = 0;
    this.sender.onPush = async (compact) => {
      this.sent.push({ jti: decodeJwt(compact).jti ?? '', compact });
      pushed += 1;
      if (pushed >= most) enough.abort();
      if (fault === 'lost') throw new PartnerUnreachable('lost');
      if (fault === 'first lost' && pushed === 1) return TAKEN;
      if (fault === 'reversed') {
        held.push(compact);
        return TAKEN;
      }
      if (fault === 'twice') await this.#arrive(compact);
      const answer = await this.#arrive(compact);
      if (fault === 'answer lost') throw new PartnerUnreachable('the answer is lost');
      return answer;
    };
    // Its back-off is a matter of time, of which there is none here.
    await this.sender.database.asOwner('update stream set next_attempt_at = null');
    await deliverStream(this.sender.exchange, this.#streamId, enough.signal);
    for (const compact of held.toReversed()) await this.#arrive(compact);
  }

  async #arrive(compact: string): Promise<Answer> {
    const request = { method: 'POST', url: `${this.sender.partner.issuer}/exchange/events` } as const;
    const { statusCode, body } = await this.receiver.serve({ ...request, body: compact, contentType: SET_MEDIA_TYPE });
    return { status: statusCode, headers: new Headers(), body };
  }

  /** What the worker of the receiver does about events that are missing. */
  async #makeUp(): Promise<void> {
    const { sender, receiver } = this;
    const { rows } = await inExchange(receiver.work.db, (tx) =>
      sql<{ next: number; lacks: boolean; needs: boolean }>`
        select last_applied + 1 as next, newest_seq > last_applied as lacks, needs_snapshot as needs from inbound_stream`.execute(
        tx,
      ),
    );
    const [state] = rows;
    if (state === undefined || !(state.lacks || state.needs)) return;
    const stream = { streamId: this.#streamId, from: state.next };
    if (state.needs || !(await replayEvents(sender.exchange, receiver.code, stream)).ok) await this.loadSnapshot();
  }

  /** Something sent earlier arrives once more, maybe altered. */
  async replay(which: number, altered: boolean): Promise<void> {
    const set = this.sent[which % Math.max(1, this.sent.length)];
    if (set === undefined) return;
    const [header = '', payload = '', signature = ''] = set.compact.split('.');
    const swapped = payload.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const compact = altered ? `${header}.${swapped}.${signature}` : set.compact;
    if (this.by === 'push') {
      const { status } = await this.#arrive(compact);
      if (altered) expect(status).toBe(400);
      return;
    }
    const { ack, setErrs } = await this.#receive([{ ...set, compact }]);
    if (altered) expect({ ack, refused: Object.keys(setErrs) }).toEqual({ ack: [], refused: [set.jti] });
  }

  async loadSnapshot(): Promise<void> {
    await runTimers(this.sender.work);
    await loadSnapshot(this.receiver.exchange, this.receiver.partner, { allowShrinkTo: 0 });
  }

  /** The transmitter lets its partner hear from it. */
  async heartbeat(): Promise<void> {
    await inExchange(this.sender.exchange.db, (tx) =>
      sql`select append_stream_event(${this.#streamId}, 'verification', '{"state": null}', 'heartbeat')`.execute(tx),
    );
  }

  /** The receiver has begun anew, after a while. */
  async forget(): Promise<void> {
    this.#said = { ack: [], setErrs: {} };
    await this.receiver.database.asOwner(
      'update inbound_stream set applying_until = clock_timestamp() where applying is not null',
    );
  }
}

const TAKEN: Answer = { status: 202, headers: new Headers(), body: '' };
