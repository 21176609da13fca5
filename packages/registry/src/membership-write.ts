import {
  type AuthorisationType,
  type Instant,
  identifierFacts,
  lifeCycle,
  type MembershipEvent,
  type Network,
  normaliseIdentifier,
  type ProgrammeTerms,
  presentationsOf,
  typesFrom,
} from '@mra/recognition';
import { sql } from 'kysely';
import { consentAsRecorded, overAnnounced } from './consent-events.ts';
import { joinPeriods } from './identifier-periods.ts';
import type { MembershipRecord } from './membership-record.ts';
import { type MemberRow, readMembersForWriting } from './membership-rows.ts';
import { type Planned, store } from './membership-store.ts';
import { rangeText } from './period.ts';
import type { Recording } from './recording.ts';

export interface RecordedEvent extends MembershipEvent {
  readonly note: string | null;
}

/** One membership to write: a record, events to append to it, or both. */
export interface MembershipWrite {
  readonly programme: ProgrammeTerms;
  readonly number: string;
  /** null: leaves the record as it is. */
  readonly record: MembershipRecord | null;
  readonly events: readonly RecordedEvent[];
  /** null: this deployment is authoritative; else the administration whose copy it is. */
  readonly source: string | null;
}

export type WriteResult =
  | { readonly outcome: 'created' | 'updated' | 'unchanged' }
  | { readonly outcome: 'refused'; readonly detail: string }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'not_authoritative' };

/** Writes that have been judged: a result for each, and what is to be stored of those that are not refused. */
export interface JudgedWrites {
  readonly results: readonly WriteResult[];
  readonly planned: readonly { readonly plan: Omit<Planned, 'id'>; readonly row: MemberRow | undefined }[];
}

/**
 * Writes memberships in sets: appends to the change log, closes what is no longer known and inserts what is. All are judged by the
 * life cycle first; a refused one changes nothing, the others are written.
 * @returns one result for each write, in order. Each member may be named once.
 */
export async function writeMemberships(
  recording: Recording,
  network: Network,
  writes: readonly MembershipWrite[],
): Promise<readonly WriteResult[]> {
  const judged = await judgeWrites(recording, network, writes);
  await storeJudged(recording, judged);
  return judged.results;
}

/** The first half of {@link writeMemberships}: reads what is known and judges by it; writes nothing. */
export async function judgeWrites(
  recording: Recording,
  network: Network,
  writes: readonly MembershipWrite[],
): Promise<JudgedWrites> {
  const existing = await readMembersForWriting(recording.tx, writes);
  const planned: JudgedWrites['planned'][number][] = [];
  const results = writes.map((write): WriteResult => {
    const row = existing.get(memberKey(write));
    const judged = judge(network, withConsent(write, row, recording.recordedAt), row);
    if ('plan' in judged) planned.push({ row, plan: judged.plan });
    return judged.result;
  });
  return { results, planned };
}

/** The second half of {@link writeMemberships}, within the same recording. */
export async function storeJudged(recording: Recording, { planned }: JudgedWrites): Promise<void> {
  if (planned.length === 0) return;
  const ids = await memberIds(recording, planned);
  await store(
    recording,
    planned.map(({ plan }) => ({ ...plan, id: ids.get(memberKey(plan.write)) ?? 0 })),
  );
}

export const memberKey = ({
  programme,
  number,
}: {
  readonly programme: ProgrammeTerms;
  readonly number: string;
}): string => `${programme.id}/${normaliseIdentifier(number)}`;

/** Judges one write against what is known of its member, `row`; of nobody known when that is left out. */
export function judge(
  network: Network,
  write: MembershipWrite,
  row: MemberRow | undefined,
): { readonly result: WriteResult; readonly plan: Omit<Planned, 'id'> } | { readonly result: WriteResult } {
  const record = write.record ?? row?.record;
  if (record === undefined) return { result: { outcome: 'unknown' } };
  if (row !== undefined && row.source !== write.source) return { result: { outcome: 'not_authoritative' } };
  const sameRecord = row !== undefined && isSame(record, row.record);
  if (sameRecord && write.events.length === 0) return { result: { outcome: 'unchanged' } };
  if (row !== undefined && record.type !== row.record.type && isAnnulled(row))
    return { result: { outcome: 'refused', detail: 'the membership was annulled' } };

  const types = typesFrom(network, write.programme.id, record.validFrom) ?? write.programme.types;
  const events = [...(row?.events ?? []), ...write.events];
  // Several new events are judged one after the other, as if they had been recorded one by one.
  const steps =
    write.events.length > 0 ? write.events.map((_, index) => (row?.events.length ?? 0) + index + 1) : [events.length];
  let folded: ReturnType<typeof lifeCycle> | null = null;
  for (const count of steps) {
    folded = lifeCycle(record, events.slice(0, count), types, { strict: write.events.length > 0 });
    if (!folded.ok) return { result: { outcome: 'refused', detail: folded.detail } };
  }
  if (folded === null || !folded.ok) throw new Error('a life cycle without steps');
  const mayUndo = write.record !== null || write.events.some(({ type }) => type === 'type_changed');
  const undone = row && mayUndo ? undoneEvent(row, types, folded.withoutComponent) : undefined;
  if (undone !== undefined) {
    const detail = `this would undo "${undone.type}" of ${undone.component} from ${undone.effectiveFrom}: the type held then would have no such component`;
    return { result: { outcome: 'refused', detail } };
  }
  const facts = identifierFacts(
    write.programme,
    write.number,
    record.identifiers,
    presentationsOf(network, write.programme.id),
  );
  const plan = {
    write,
    record,
    version: (row?.version ?? 0) + 1,
    isNew: row === undefined,
    statuses: folded.statuses.map(({ valid, ...status }) => ({ ...status, valid: rangeText(valid) })),
    consents: folded.consents.map(({ valid, scope, partners, except }) => ({
      scope,
      partners,
      except_for: except,
      valid: rangeText(valid),
    })),
    identifiers: joinPeriods(facts).map(({ valid, scheme, recogniser, ...fact }) => ({
      ...fact,
      scheme: scheme ?? '',
      recogniser: recogniser ?? '',
      valid: rangeText(valid),
    })),
  };
  return { result: { outcome: row === undefined ? 'created' : 'updated' }, plan };
}

/** As a whole: of another type it would have parts that nobody has annulled. */
const isAnnulled = ({ events }: MemberRow): boolean =>
  events.some(({ type, component }) => type === 'annulled' && component === null);

/**
 * An event that took effect on a component which the type held then would no longer have: neither another record nor a change of type
 * that is dated before it may lift it.
 */
function undoneEvent(
  row: MemberRow,
  types: readonly AuthorisationType[],
  withoutComponent: readonly number[],
): RecordedEvent | undefined {
  if (withoutComponent.length === 0) return undefined;
  const before = lifeCycle({ ...row.record, validTo: null }, row.events, types, { strict: false });
  const place = withoutComponent.find((index) => !before.ok || !before.withoutComponent.includes(index));
  return place === undefined ? undefined : row.events[place];
}

/**
 * A record of the own administration whose consent is another than before says what holds from now on, whatever events said earlier: a
 * consent that is not given any more must not live on in one of them, nor begin by one. Of copies all events are from lists, which say
 * the same of themselves.
 */
function withConsent(write: MembershipWrite, row: MemberRow | undefined, at: Instant): MembershipWrite {
  const { record, source, events, programme } = write;
  if (row === undefined) return write;
  if (source !== null) return { ...write, events: overAnnounced(events, row.events) };
  if (record === null) return write;
  const isOverlaid = row.events.some(({ type }) => type === 'consent_given' || type === 'consent_withdrawn');
  if (!isOverlaid || canonical(record.consent) === canonical(row.record.consent)) return write;
  const consent = consentAsRecorded(record, programme, at, { note: 'consent as in the record', isWithdrawn: false });
  return { ...write, events: [...events, ...overAnnounced(consent, row.events)] };
}

const isSame = (a: MembershipRecord, b: MembershipRecord): boolean => canonical(a) === canonical(b);

/** Keys sorted at every depth, so that the order in which a record was written does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

async function memberIds({ tx }: Recording, planned: JudgedWrites['planned']): Promise<Map<string, number>> {
  const ids = new Map(planned.flatMap(({ plan, row }) => (row ? [[memberKey(plan.write), row.id] as const] : [])));
  const created = planned.filter(({ row }) => row === undefined).map(({ plan }) => plan.write);
  if (created.length === 0) return ids;
  const { rows } = await sql<{ id: number; programme: string; number_normalised: string }>`
    insert into membership (administration, programme, number, number_normalised, source)
    select * from unnest(${created.map(({ programme }) => programme.administration)}::text[], ${created.map(({ programme }) => programme.id)}::text[],
                         ${created.map(({ number }) => number)}::text[], ${created.map(({ number }) => normaliseIdentifier(number))}::text[],
                         ${created.map(({ source }) => source)}::text[])
    returning id, programme, number_normalised`.execute(tx);
  for (const row of rows) ids.set(`${row.programme}/${row.number_normalised}`, row.id);
  return ids;
}
