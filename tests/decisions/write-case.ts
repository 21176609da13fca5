import { type Instant, normaliseIdentifier, type OpenQuestion, programmeAt } from '@mra/recognition';
import {
  type AgreementDocument,
  actAs,
  putLocalSuspension,
  type Recording,
  record,
  recordSynchronisation,
  writeMemberships,
} from '@mra/registry';
import { putBack, recordChange } from '../support/agreement-changes.ts';
import type { TestDatabase } from '../support/database.ts';
import { changesOf, type DecisionCase, eventsOf, instantOf, recordOf } from './case.ts';

/** A question about what was written for a case, and when its last event was not yet known. */
export interface WrittenCase {
  readonly question: OpenQuestion;
}

/**
 * Writes what a case says exists, after removing what an earlier case wrote (as the owner of the tables: the product itself
 * removes nothing), and gives the question about it.
 */
export async function writeCase(database: TestDatabase, subject: DecisionCase): Promise<WrittenCase> {
  await database.clear();
  await changeAgreements(database, subject);
  const write = (from: number, to?: number) =>
    record(database.db, { client: 'tests', administration: null }, (recording) =>
      writeMembers(database, recording, subject, from, to),
    );
  let knownAt: Instant | null = null;
  if (subject.knownBeforeLastEvent) {
    knownAt = await write(0, -1);
    await write(-1);
  } else {
    await write(0);
  }
  const { question } = subject;
  return { question: { ...question, at: instantOf(question.at), knownAt } };
}

const before = new WeakMap<TestDatabase, AgreementDocument[]>();

/** Changes the agreements that a case says have other terms, after putting back those that an earlier case changed. */
async function changeAgreements(database: TestDatabase, subject: DecisionCase): Promise<void> {
  for (const terms of before.get(database) ?? []) await putBack(database.db, terms);
  const changed: AgreementDocument[] = [];
  before.set(database, changed);
  for (const change of changesOf(subject)) changed.push(await recordChange(database.db, change));
}

/** Writes the memberships with a slice of their events (all of the record with the first slice). */
async function writeMembers(
  { networks }: TestDatabase,
  recording: Recording,
  subject: DecisionCase,
  from: number,
  to?: number,
): Promise<Instant> {
  const network = await networks.current(recording.tx);
  for (const membership of subject.memberships) {
    const programme = programmeAt(network, membership.programme, instantOf(membership.validFrom));
    if (programme === null) throw new Error(`no programme ${membership.programme}`);
    const source = membership.source ?? null;
    await actAs(recording.tx, { administration: programme.administration, copies: source !== null });
    const write = {
      programme,
      number: membership.number,
      record: from === 0 ? recordOf(membership) : null,
      events: eventsOf(membership).slice(from, to),
      source,
    };
    const [result] = await writeMemberships(recording, network, [write]);
    if (result?.outcome === 'refused') throw new Error(result.detail);
  }
  if (from === 0) await writeSurroundings(recording, subject);
  return recording.recordedAt;
}

async function writeSurroundings(recording: Recording, subject: DecisionCase): Promise<void> {
  for (const { programme, number, recogniser, from, to } of subject.localSuspensions ?? []) {
    await actAs(recording.tx, { administration: recogniser, copies: true });
    const { id } = await recording.tx
      .selectFrom('membership')
      .select('id')
      .where('programme', '=', programme)
      .where('number_normalised', '=', normaliseIdentifier(number))
      .executeTakeFirstOrThrow();
    const suspension = { recogniser, from: instantOf(from), to: to === undefined ? null : instantOf(to), note: null };
    await putLocalSuspension(recording, { id, programme, number }, suspension);
  }
  for (const { administration, secondsAgo, maxAgeSeconds } of subject.synchronisations ?? []) {
    await actAs(recording.tx, { administration, copies: true });
    const synchronisedAt = new Date(Date.parse(recording.recordedAt) - secondsAgo * 1000).toISOString();
    await recordSynchronisation(recording, { administration, programme: null, synchronisedAt, maxAgeSeconds });
  }
}
