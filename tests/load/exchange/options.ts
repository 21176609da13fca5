import { parseArgs } from 'node:util';
import { namesOf, numberOf } from '../arguments.ts';

/** What can be measured, in the order in which it is. */
export const MEASURES = ['load', 'digest', 'latency', 'events', 'memory'] as const;
export type Measure = (typeof MEASURES)[number];

export interface Options {
  /** Members of the list that is loaded, compared and then changed. */
  readonly members: number;
  /** Members of the first load whose memory is watched. */
  readonly large: number;
  /** Seconds of changes at 50 a second; at one a second there are twice as many. */
  readonly seconds: number;
  /** Events that wait when delivery begins. */
  readonly backlog: number;
  readonly only: ReadonlySet<Measure>;
  /** Where the figures are written as JSON. */
  readonly output: string;
}

const USUAL = { members: 100_000, large: 300_000, seconds: 30, backlog: 5_000 };
const QUICK = { members: 2_000, large: 4_000, seconds: 5, backlog: 500 };
/** Of the members, how many can be suspended (members.ts). */
const ACTIVE_SHARE = 0.9;
const MILLION = 1_000_000;
/** Changed by the two methods of delivery, at both rates, with what goes before. */
const CHANGED_A_SECOND = 2 * (50 + 2) + 2;

/**
 * What the command line asks for: `--quick`, `--large` (a million members where memory is watched), `--members N`, `--seconds N`,
 * `--backlog N`, `--only name,…`, `--output file`.
 * @throws Error of one line
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      members: { type: 'string' },
      seconds: { type: 'string' },
      backlog: { type: 'string' },
      large: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: MEASURES.join(',') },
      output: { type: 'string', default: '.data/bench/exchange.json' },
    },
  });
  const usual = values.quick ? QUICK : USUAL;
  const number = (name: 'members' | 'seconds' | 'backlog'): number => numberOf(name, values[name], usual[name]);
  const options = {
    members: number('members'),
    large: values.large ? MILLION : usual.large,
    seconds: number('seconds'),
    backlog: number('backlog'),
    only: namesOf(values.only, MEASURES),
    output: values.output,
  };
  const needed = Math.ceil((options.seconds * CHANGED_A_SECOND + 2 * options.backlog) / ACTIVE_SHARE);
  if (options.members < needed) options.members = needed;
  return options;
}
