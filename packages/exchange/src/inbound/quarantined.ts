import type { FieldError, QuarantineCode, QuarantineState } from '@mra/contracts';
import { readEvent, type VerifiedSet } from '@mra/exchange-protocol';
import { type Instant, type Network, normaliseIdentifier } from '@mra/recognition';
import type { DB, Recording } from '@mra/registry';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { ExchangeLog } from '../context.ts';
import { type Partner, readPartner } from '../partners.ts';
import { changeOf, tellWarnings } from './apply-events.ts';
import { changeCopies } from './change-copies.ts';
import { checkIssuer } from './check-issuer.ts';
import type { CopyChange } from './copy-change.ts';
import type { Refusal } from './judge-record.ts';
import { keptSet } from './kept-set.ts';
import { endDoubts } from './quarantine.ts';

/** A record that was put aside. */
export interface Quarantined {
  readonly id: number;
  readonly partner: string;
  readonly origin: 'event' | 'snapshot';
  readonly seq: number;
  readonly jti: string | null;
  readonly programme: string | null;
  readonly number: string | null;
  readonly code: QuarantineCode;
  readonly errors: readonly FieldError[];
  readonly receivedAt: Instant;
  readonly state: QuarantineState;
  readonly decidedAt: Instant | null;
  readonly decidedBy: string | null;
  readonly reason: string | null;
}

export interface QuarantineFilter {
  readonly partner?: string | undefined;
  readonly state?: QuarantineState | undefined;
  readonly code?: QuarantineCode | undefined;
  /** The id after which the page begins. */
  readonly after?: number | undefined;
  readonly limit: number;
}

const COLUMNS = sql`q.id, q.partner, q.origin, q.seq, q.jti, q.programme, q.number, q.code, q.errors, q.received_at as "receivedAt", q.state,
  q.decided_at as "decidedAt", q.decided_by as "decidedBy", q.reason`;

/** A page of what was put aside, oldest first, without contents. Needs a transaction of the exchange. */
export async function readQuarantine(tx: Transaction<DB>, filter: QuarantineFilter): Promise<readonly Quarantined[]> {
  const { partner, state, code, after = 0, limit } = filter;
  const is = (column: string, value: string | undefined): RawBuilder<unknown> =>
    value === undefined ? sql`true` : sql`${sql.ref(column)} = ${value}`;
  const { rows } = await sql<Quarantined>`
    select ${COLUMNS} from quarantine q
     where q.id > ${after} and ${is('q.partner', partner)} and ${is('q.state', state)} and ${is('q.code', code)}
     order by q.id limit ${limit}`.execute(tx);
  return rows;
}

/** One of them with what was received. Needs a transaction of the exchange. */
export async function readQuarantined(
  tx: Transaction<DB>,
  id: number,
): Promise<(Quarantined & { readonly content: VerifiedSet }) | null> {
  const { rows } = await sql<Quarantined & { content: unknown }>`
    select ${COLUMNS}, q.content from quarantine q where q.id = ${id}`.execute(tx);
  const [row] = rows;
  return row === undefined ? null : { ...row, content: keptSet(row.content) };
}

/** What came of a decision; `decided`: somebody, or a later event, had decided before; `no_partner`: it is registered no longer. */
export type Decision = 'done' | 'unknown' | 'decided' | 'no_partner';

/**
 * Tries a record again, by the same way as when it came: it is applied, or superseded where its member has had a later word; else it
 * stays open with the reasons of now. A doubt about the member ends when nothing else about it is open. The partner was not heard by it.
 */
export async function retryQuarantined(
  recording: Recording,
  { network, log }: { readonly network: Network; readonly log: ExchangeLog },
  id: number,
): Promise<Decision> {
  const entry = await lockOpen(recording, id);
  if (typeof entry === 'string') return entry;
  const partner = await readPartner(recording.tx, entry.partner);
  if (partner === null) return 'no_partner';
  const change = changeIn(recording, network, partner, entry);
  if ('code' in change) return keepOpen(recording, id, change);
  const [result] = await changeCopies(recording, network, partner, [change], entry.origin);
  if (result?.outcome === 'refused') return keepOpen(recording, id, result);
  const { seq, programme, number } = entry;
  if (result !== undefined && 'warnings' in result && programme !== null && number !== null) {
    await tellWarnings(recording, { partner, log }, [{ programme, number, seq, warnings: result.warnings }]);
  }
  await decide(recording, id, result?.outcome === 'outdated' ? 'superseded' : 'applied', null);
  await endDoubts(recording, await membersOf(recording, entry));
  return 'done';
}

function changeIn(recording: Recording, network: Network, partner: Partner, entry: Entry): CopyChange | Refusal {
  // A snapshot may contain no event at all; an event has a place from 1 on.
  const payload = { ...entry.content.payload, seq: Math.max(entry.seq, 1) };
  const reading = readEvent({ ...entry.content, payload }, '');
  if (!reading.ok) {
    const { errors, description } = reading;
    return {
      code: 'SCHEMA_INVALID',
      errors: errors.length > 0 ? errors : [{ pointer: '/events', detail: description }],
    };
  }
  const { event } = reading;
  const change = changeOf(event, entry.content.toe ?? recording.recordedAt);
  if (change === null) throw new Error('what is about no member is never put aside');
  return checkIssuer(network, partner, event) ?? { ...change, seq: entry.seq };
}

async function keepOpen({ tx }: Recording, id: number, { code, errors }: Refusal): Promise<Decision> {
  await sql`update quarantine set code = ${code}, errors = ${JSON.stringify(errors)}::jsonb where id = ${id}`.execute(
    tx,
  );
  return 'done';
}

/** Gives a record up. A doubt about its member ends when nothing else about it is open. @param reason for the own files */
export async function discardQuarantined(recording: Recording, id: number, reason: string): Promise<Decision> {
  const entry = await lockOpen(recording, id);
  if (typeof entry === 'string') return entry;
  await decide(recording, id, 'discarded', reason);
  await endDoubts(recording, await membersOf(recording, entry));
  return 'done';
}

type Entry = Quarantined & { readonly content: VerifiedSet };

async function lockOpen({ tx }: Recording, id: number): Promise<Entry | 'unknown' | 'decided'> {
  await sql`select from quarantine where id = ${id} for update`.execute(tx);
  const entry = await readQuarantined(tx, id);
  if (entry === null) return 'unknown';
  return entry.state === 'open' ? entry : 'decided';
}

async function decide(
  { tx, recordedAt, actor }: Recording,
  id: number,
  state: QuarantineState,
  reason: string | null,
): Promise<void> {
  await sql`
    update quarantine set state = ${state}, decided_at = ${recordedAt}, decided_by = ${actor.client}, reason = ${reason}
     where id = ${id}`.execute(tx);
}

async function membersOf({ tx }: Recording, { programme, number }: Entry): Promise<readonly number[]> {
  if (programme === null || number === null) return [];
  const { rows } = await sql<{ id: number }>`
    select id from membership where programme = ${programme} and number_normalised = ${normaliseIdentifier(number)}`.execute(
    tx,
  );
  return rows.map(({ id }) => id);
}
