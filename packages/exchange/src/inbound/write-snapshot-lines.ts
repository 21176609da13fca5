import {
  EVENT_TYPES,
  type Member,
  memberSubject,
  PAYLOADS,
  recordHash,
  type VerifiedSet,
} from '@mra/exchange-protocol';
import type { Network } from '@mra/recognition';
import type { Recording } from '@mra/registry';
import { sql } from 'kysely';
import type { CopyResult } from './copy-change.ts';
import { isDataFault } from './data-fault.ts';
import type { Refusal } from './judge-record.ts';
import { endListDoubts, putAside, type Rejected } from './quarantine.ts';
import { type BadLine, type ChangedLine, type Comparison, distrust } from './snapshot-changes.ts';
import { newTally, type Tallied } from './snapshot-tally.ts';
import { writeCopies } from './write-copies.ts';

/**
 * Writes lines. Where the database refuses one of them for what it says, which judging should have found, it alone is put aside.
 * @returns what came of it; `taken`: ordinals of those whose identifier another member has, unless it is the last attempt
 */
export async function writeLines(
  recording: Recording,
  network: Network,
  order: Comparison,
  lines: readonly ChangedLine[],
  { isLast }: { readonly isLast: boolean },
): Promise<{ readonly taken: readonly number[]; readonly tallied: Tallied }> {
  const { tx } = recording;
  const tally = newTally();
  const changed = lines.filter(({ difference, heldRecord, hash }) => {
    // The same in another order is no difference.
    return difference !== 'record' || heldRecord === null || recordHash(heldRecord) !== hash;
  });
  await distrust(
    tx,
    order,
    changed.flatMap(({ id, heldRecord }) => (id !== null && heldRecord !== null ? [id] : [])),
  );
  const results = await storeLines(recording, network, order, changed);
  const taken: number[] = [];
  const aside: Rejected[] = [];
  const said: number[] = [];
  for (const [index, result] of results.entries()) {
    const line = changed[index] as ChangedLine;
    if (result.outcome === 'refused') {
      if (result.code === 'IDENTIFIER_OF_ANOTHER' && !isLast) taken.push(line.ordinal);
      else aside.push(rejected(order, line, result));
    } else if (result.outcome === 'written') {
      if (line.id !== null) said.push(line.id);
      tally.written({ programme: line.record.programme, number: line.record.number }, line.difference);
    }
  }
  await putAside(recording, order.partner, aside);
  await endListDoubts(recording, said, order.manifest.asOf);
  tally.refused(aside.length);
  return { taken, tallied: tally.result() };
}

async function storeLines(
  recording: Recording,
  network: Network,
  order: Comparison,
  lines: readonly ChangedLine[],
): Promise<readonly CopyResult[]> {
  const { tx } = recording;
  const { partner, manifest } = order;
  const store = async (some: readonly ChangedLine[]): Promise<readonly CopyResult[]> => {
    const copies = some.map(({ agreement, record: told, communicated, hash }) => ({
      ...{ seq: manifest.seq, agreement, record: told, communicated, hash },
    }));
    await sql`savepoint snapshot_lines`.execute(tx);
    const results = await writeCopies(recording, network, partner, copies);
    // Here rather than at the commit: a million checks would outlast a statement, and what is wrong could not be put aside.
    await sql`set constraints all immediate`.execute(tx);
    await sql`set constraints all deferred`.execute(tx);
    await sql`release savepoint snapshot_lines`.execute(tx);
    return results;
  };
  try {
    return await store(lines);
  } catch (error) {
    if (!isDataFault(error)) throw error;
    await sql`rollback to savepoint snapshot_lines`.execute(tx);
    if (lines.length === 1) {
      const errors = [{ pointer: '', detail: 'was refused by the registry' }];
      return [{ outcome: 'refused', code: 'NOT_STORABLE', errors }];
    }
  }
  const half = Math.ceil(lines.length / 2);
  const parts = [lines.slice(0, half), lines.slice(half)];
  const results: CopyResult[] = [];
  for (const part of parts) results.push(...(await storeLines(recording, network, order, part)));
  return results;
}

/** Puts aside lines that do not fit their schema. */
export async function putAsideLines(
  recording: Recording,
  order: Comparison,
  lines: readonly BadLine[],
): Promise<Tallied> {
  const tally = newTally();
  await putAside(
    recording,
    order.partner,
    lines.map((line) => rejected(order, line, { code: 'SCHEMA_INVALID', errors: line.errors }, line.isOver)),
  );
  tally.refused(lines.length);
  return tally.result();
}

/** A line as if an event had brought it, which is how records are kept that are put aside. */
function rejected(
  { partner, manifest }: Comparison,
  { agreement, record, communicated }: Pick<BadLine, 'agreement' | 'record' | 'communicated'>,
  { code, errors }: Refusal,
  isOver = false,
): Rejected {
  const { seq, asOf } = manifest;
  const member = readMember(record);
  const set: VerifiedSet = {
    issuer: partner.issuer,
    audience: [],
    jti: '',
    iat: asOf,
    toe: null,
    txn: null,
    subject: member === null ? { format: 'opaque' } : memberSubject(member),
    eventType: EVENT_TYPES.membershipPublished,
    payload: { seq, agreement, record, communicated },
    alg: 'EdDSA',
    kid: null,
  };
  return { origin: 'snapshot', set, seq, member, code, errors, isOver };
}

function readMember(record: unknown): Member | null {
  const { programme, number } = (record ?? {}) as Record<string, unknown>;
  const read = PAYLOADS.communicationEnded.shape.member.safeParse({ programme, number });
  return read.success ? read.data : null;
}
