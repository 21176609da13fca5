/** Applied within a second: readers wait for it as they do for any write. */
const SHORT = { changed: 200, lines: 5_000 };

/** Measured on two busy cores: 1,200 to 1,400 new members a second; 20,000 unchanged lines are passed over in one. With room to spare. */
const PER_SECOND = { changed: 800, lines: 10_000 };

/**
 * How long before it becomes known a list is begun to be applied, so that no reader waits for it.
 * @param changed lines that say something new
 * @param lines all that were accepted
 */
export function aheadSeconds(changed: number, lines: number): number {
  if (changed <= SHORT.changed && lines <= SHORT.lines) return 0;
  return Math.ceil(1 + changed / PER_SECOND.changed + lines / PER_SECOND.lines);
}
