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

/** With rejections that were found later, in the order of the lines. */
export function withMore({ count, first }: Rejections, more: readonly ImportRejection[]): Rejections {
  const all = [...first, ...more].toSorted((a, b) => a.line - b.line);
  return { count: count + more.length, first: all.slice(0, REJECTIONS_MAX) };
}
