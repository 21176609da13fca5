import { problem, type QuarantineEntry } from '@mra/contracts';
import { type Decision, type Quarantined, readQuarantined } from '@mra/exchange';
import type { Recording } from '@mra/registry';

/** A record that was put aside as callers read it: its id is a text, since it is no number to reckon with. */
export function toQuarantineEntry(record: Quarantined): QuarantineEntry {
  const { id, seq, errors, ...entry } = record;
  const { partner, origin, jti, programme, number, code, receivedAt, state, decidedAt, decidedBy, reason } = entry;
  return {
    ...{ id: String(id), partner, origin, sequence: seq, jti, programme, number, code, errors: [...errors] },
    ...{ receivedAt, state, decidedAt, decidedBy, reason },
  };
}

/**
 * The record after a decision about it.
 * @throws NOT_FOUND, and CONFLICT where it had been decided before
 */
export async function afterDecision({ tx }: Recording, id: number, decision: Decision): Promise<QuarantineEntry> {
  if (decision === 'unknown') throw problem('NOT_FOUND');
  const record = await readQuarantined(tx, id);
  if (record === null) throw problem('NOT_FOUND');
  if (decision === 'no_partner') throw problem('CONFLICT', { detail: 'Its partner is registered no longer.' });
  if (decision === 'decided') throw problem('CONFLICT', { detail: `The record is ${record.state} already.` });
  return toQuarantineEntry(record);
}
