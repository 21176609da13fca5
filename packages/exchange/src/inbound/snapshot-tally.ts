import type { Member } from '@mra/exchange-protocol';
import type { Difference } from './snapshot-changes.ts';

/** More members would make a report long without saying more. */
const NAMED_MAX = 1000;

/** What came of applying a snapshot. */
export interface Tallied {
  /** Members that are not as they were: written, or no longer communicated. */
  readonly written: number;
  readonly ended: number;
  /** Records put aside. */
  readonly refused: number;
  readonly differences: Readonly<Partial<Record<Difference, number>>>;
  /** The first thousand members that are not as they were, with what differed. */
  readonly members: readonly (Member & { readonly difference: Difference })[];
}

export interface Tally {
  written(member: Member, difference: Difference): void;
  ended(member: Member): void;
  refused(count: number): void;
  /** What came of a part. */
  add(part: Tallied): void;
  result(): Tallied;
}

export function newTally(): Tally {
  const counts = { written: 0, ended: 0, refused: 0 };
  const differences: Partial<Record<Difference, number>> = {};
  const members: (Member & { difference: Difference })[] = [];
  const note = ({ programme, number }: Member, difference: Difference): void => {
    differences[difference] = (differences[difference] ?? 0) + 1;
    if (members.length < NAMED_MAX) members.push({ programme, number, difference });
  };
  return {
    written(member, difference) {
      counts.written += 1;
      note(member, difference);
    },
    ended(member) {
      counts.ended += 1;
      note(member, 'extra');
    },
    refused(count) {
      counts.refused += count;
    },
    add(part) {
      for (const kind of ['written', 'ended', 'refused'] as const) counts[kind] += part[kind];
      for (const [kind, count] of Object.entries(part.differences) as [Difference, number][]) {
        differences[kind] = (differences[kind] ?? 0) + count;
      }
      members.push(...part.members.slice(0, NAMED_MAX - members.length));
    },
    result: () => ({ ...counts, differences, members }),
  };
}
