import type { FieldError, QuarantineCode } from '@mra/contracts';
import type { Member, VerifiedSet } from '@mra/exchange-protocol';
import { type Instant, normaliseIdentifier } from '@mra/recognition';
import type { Recording } from '@mra/registry';
import { sql } from 'kysely';
import type { Partner } from '../partners.ts';
import { contentHash, keepable } from './kept-set.ts';

/** A record that could not be applied. */
export interface Rejected {
  readonly origin: 'event' | 'snapshot';
  readonly set: VerifiedSet;
  readonly seq: number;
  /** null: it could not be read whom it is about. */
  readonly member: Member | null;
  readonly code: QuarantineCode;
  readonly errors: readonly FieldError[];
  /** The member has had a later word that was applied. */
  readonly isOver: boolean;
}

/**
 * Puts records aside, each with its reason, and the copies of their members in doubt: the partner has told something newer than these say.
 * The same thing said again changes the entry that is open. Where nobody can tell whom a record is about, a comparison of what both sides
 * hold is asked for.
 */
export async function putAside(recording: Recording, partner: Partner, rejected: readonly Rejected[]): Promise<void> {
  if (rejected.length === 0) return;
  const { tx, recordedAt } = recording;
  const rows = rejected.map(({ origin, set, seq, member, code, errors, isOver }) => {
    const content = keepable(set);
    return {
      origin,
      jti: origin === 'event' ? set.jti : null,
      seq,
      programme: member?.programme ?? null,
      number: member?.number ?? null,
      normalised: member === null ? null : normaliseIdentifier(member.number),
      code,
      errors,
      content,
      content_hash: contentHash(content),
      is_over: isOver,
    };
  });
  // Of two that say the same, the last one counts: an entry can be changed once in a statement.
  const latest = [...new Map(rows.map((row) => [`${row.content_hash} ${row.is_over}`, row])).values()];
  await sql`
    insert into quarantine (partner, origin, jti, seq, programme, number, number_normalised, code, errors, content, content_hash,
                            received_at, state, decided_at, decided_by)
    select ${partner.code}, w.origin, w.jti, w.seq, w.programme, w.number, w.normalised, w.code, w.errors, w.content, w.content_hash,
           ${recordedAt}, case when w.is_over then 'superseded' else 'open' end,
           case when w.is_over then ${recordedAt}::timestamptz end, case when w.is_over then ${recording.actor.client} end
      from jsonb_to_recordset(${JSON.stringify(latest)}::jsonb)
             as w (origin text, jti text, seq bigint, programme text, number text, normalised text, code text, errors jsonb,
                   content jsonb, content_hash text, is_over boolean)
     order by w.seq
    on conflict (partner, content_hash) where state = 'open' do update
      set origin = excluded.origin, jti = excluded.jti, seq = excluded.seq, code = excluded.code, errors = excluded.errors,
          content = excluded.content, received_at = excluded.received_at`.execute(tx);
  const open = latest.filter(({ is_over }) => !is_over);
  await openDoubts(recording, partner, open);
  if (open.some(({ origin, programme }) => origin === 'event' && programme === null)) {
    await sql`update inbound_stream set compared_at = null where partner = ${partner.code}`.execute(tx);
    await sql`select pg_notify('mra_inbound', ${partner.code})`.execute(tx);
  }
}

async function openDoubts(
  { tx, recordedAt, actor }: Recording,
  partner: Partner,
  open: readonly { readonly programme: string | null; readonly normalised: string | null }[],
): Promise<void> {
  const named = open.filter(({ programme }) => programme !== null);
  if (named.length === 0) return;
  // Of this partner's copies alone: nobody makes the members of another doubtful.
  await sql`
    insert into membership_doubt (membership_id, told_by, known, recorded_by)
    select distinct c.membership_id, 'exchange', tstzrange(${recordedAt}, null), ${actor.client}
      from unnest(${named.map(({ programme }) => programme)}::text[], ${named.map(({ normalised }) => normalised)}::text[])
             as w (programme, normalised)
      join membership m on m.programme = w.programme and m.number_normalised = w.normalised
      join copy c on c.membership_id = m.id and c.partner = ${partner.code}
     where not exists (select from membership_doubt d where d.membership_id = c.membership_id and d.told_by = 'exchange' and upper_inf(d.known))`.execute(
    tx,
  );
}

/** A member about whom a word was applied. */
export interface Settled {
  readonly member: Member;
  readonly seq: number;
  /** null: it was not held before. */
  readonly id: number | null;
  readonly inDoubt: boolean;
}

/** What was put aside about these members before is overtaken, and doubts end about those of whom nothing else is open. */
export async function settleQuarantine(
  recording: Recording,
  partner: Partner,
  settled: readonly Settled[],
): Promise<void> {
  if (settled.length === 0) return;
  const { tx, recordedAt, actor } = recording;
  await sql`
    update quarantine q set state = 'superseded', decided_at = ${recordedAt}, decided_by = ${actor.client}
      from unnest(${settled.map(({ member }) => member.programme)}::text[],
                  ${settled.map(({ member }) => normaliseIdentifier(member.number))}::text[],
                  ${settled.map(({ member }) => member.number)}::text[], ${settled.map(({ seq }) => seq)}::bigint[])
             as w (programme, normalised, number, seq)
     where q.state = 'open' and q.partner = ${partner.code} and q.programme = w.programme and q.number_normalised = w.normalised
       and q.number = w.number and q.seq <= w.seq`.execute(tx);
  await endDoubts(
    recording,
    settled.flatMap(({ id, inDoubt }) => (inDoubt && id !== null ? [id] : [])),
  );
}

/** Ends the doubts about those of the members of whom no record is open, however their numbers are written. */
export async function endDoubts({ tx, recordedAt }: Recording, members: readonly number[]): Promise<void> {
  if (members.length === 0) return;
  await sql`
    update membership_doubt d set known = tstzrange(lower(d.known), ${recordedAt})
      from membership m
     where d.membership_id = any (${[...members]}) and d.told_by = 'exchange' and m.id = d.membership_id and upper_inf(d.known) and lower(d.known) < ${recordedAt}
       and not exists (select from quarantine q
                        where q.state = 'open' and q.programme = m.programme and q.number_normalised = m.number_normalised)`.execute(
    tx,
  );
}

/**
 * Ends the doubts that lists had left about members by an instant as of which a snapshot says what holds of them: a partner that sends
 * events now sends no later line.
 */
export async function endListDoubts(
  { tx, recordedAt }: Recording,
  members: readonly number[],
  asOf: Instant,
): Promise<void> {
  if (members.length === 0) return;
  await sql`
    update membership_doubt set known = tstzrange(lower(known), ${recordedAt})
     where membership_id = any (${[...members]}) and told_by = 'list' and upper_inf(known) and lower(known) < ${recordedAt}
       and lower(known) < ${asOf}`.execute(tx);
}
