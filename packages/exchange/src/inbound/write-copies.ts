import type { Member } from '@mra/exchange-protocol';
import type { Network } from '@mra/recognition';
import type { Recording } from '@mra/registry';
import type { Partner } from '../partners.ts';
import { changeCopies } from './change-copies.ts';
import type { CopyResult, CopyToEnd, CopyToWrite } from './copy-change.ts';

/**
 * Writes what a snapshot says about members, in one set: up to 5,000, each named once. Members of whom it says nothing new get no new
 * version; rows that were changed by hand are put right. Doubts about members that could be read end.
 * @param recording of an actor that writes copies and runs the exchange
 * @returns one result for each copy. What was refused changed nothing; IDENTIFIER_OF_ANOTHER may pass once the whole snapshot has been
 * written, since its holder may give the identifier up further on: try those again, then put them aside
 */
export async function writeCopies(
  recording: Recording,
  network: Network,
  partner: Partner,
  copies: readonly CopyToWrite[],
): Promise<readonly CopyResult[]> {
  const changes = copies.map((copy) => ({ kind: 'write' as const, ...copy }));
  return changeCopies(recording, network, partner, changes, 'snapshot');
}

/**
 * Ends the communication of members that a full snapshot does not name, in one set of up to 5,000: they are unknown from now on (or
 * from `from`), not revoked.
 * @param members by the number that the partner gave them
 */
export async function endCommunication(
  recording: Recording,
  partner: Partner,
  members: readonly (Member & Pick<CopyToEnd, 'seq'> & Partial<Pick<CopyToEnd, 'from'>>)[],
): Promise<readonly CopyResult[]> {
  const changes = members.map(({ programme, number, seq, from = recording.recordedAt }) => ({
    kind: 'end' as const,
    seq,
    agreement: null,
    member: { programme, number },
    from,
  }));
  return changeCopies(recording, null, partner, changes, 'snapshot');
}
