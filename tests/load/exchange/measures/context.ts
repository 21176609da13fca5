import type { Issuer } from '../../tokens.ts';
import type { BenchNode, Servers } from '../nodes.ts';
import type { Options } from '../options.ts';

/** What every measurement works with. */
export interface ExchangeBench {
  readonly options: Options;
  readonly folder: string;
  readonly servers: Servers;
  readonly issuer: Issuer;
  say(text: string): void;
  /** To be done before the databases end. */
  atEnd(stop: () => Promise<void>): void;
}

/** Two nodes whose first load is done and whose processes run. */
export interface Loaded {
  readonly eu: BenchNode;
  readonly jp: BenchNode;
  /** Members that can still be suspended: gives so many of them, each once. */
  take(count: number): readonly string[];
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
