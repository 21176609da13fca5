import { type ImportRejection, REJECTIONS_MAX } from '@mra/contracts';

/** The rejections of an import: all are counted, the first ones kept. */
export interface Rejections {
  readonly count: number;
  readonly first: readonly ImportRejection[];
}

export interface RejectionList extends Rejections {
  add(rejection: ImportRejection): void;
}

export function createRejections(): RejectionList {
  const first: ImportRejection[] = [];
  let count = 0;
  return {
    first,
    get count() {
      return count;
    },
    add(rejection) {
      count += 1;
      if (first.length < REJECTIONS_MAX) first.push(rejection);
    },
  };
}

/** With rejections that were found later, in the order of the lines; of both the first ones are told. */
export function withMore(before: Rejections, later: Rejections): Rejections {
  const all = [...before.first, ...later.first].toSorted((a, b) => a.line - b.line);
  return { count: before.count + later.count, first: all.slice(0, REJECTIONS_MAX) };
}
