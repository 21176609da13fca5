import { parseArgs } from 'node:util';
import { namesOf, numberOf } from './arguments.ts';

/** The rows of the table, in the order in which they are measured. */
export const MEASURES = [
  'import',
  'single',
  'latency',
  'batch',
  'members',
  'known-at',
  'instances',
  'ndjson',
  'start',
] as const;
export type Measure = (typeof MEASURES)[number];

export interface Options {
  /** Memberships of the large database. */
  readonly members: number;
  /** Questions of the stream of NDJSON. */
  readonly questions: number;
  /** Members of the list that is imported. */
  readonly imported: number;
  /** Rounds of each comparison, and seconds of each load within one. */
  readonly rounds: number;
  readonly seconds: number;
  readonly only: ReadonlySet<Measure>;
  /** Where the figures are written as JSON. */
  readonly output: string;
}

/**
 * What the command line asks for; the sizes of the table unless it says otherwise.
 * @throws Error of one line
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      members: { type: 'string' },
      questions: { type: 'string' },
      imported: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: MEASURES.join(',') },
      output: { type: 'string', default: '.data/bench/figures.json' },
    },
  });
  const usual = values.quick
    ? { members: 50_000, questions: 50_000, imported: 20_000, rounds: 3, seconds: 2 }
    : { members: 2_000_000, questions: 1_000_000, imported: 1_000_000, rounds: 3, seconds: 3 };
  const number = (name: keyof typeof usual): number => numberOf(name, values[name], usual[name]);
  return {
    members: number('members'),
    questions: number('questions'),
    imported: number('imported'),
    rounds: number('rounds'),
    seconds: number('seconds'),
    only: namesOf(values.only, MEASURES),
    output: values.output,
  };
}
