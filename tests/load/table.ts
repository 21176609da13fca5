import type { Machine } from './machine.ts';

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly against: string;
  readonly baseline: string;
  /** Null where nothing is compared. */
  readonly ratio: number | null;
  readonly aim: string;
  /** Null where there is no aim. */
  readonly met: boolean | null;
  /** Everything that was measured, for the JSON. */
  readonly samples: Readonly<Record<string, unknown>>;
}

/** The table as Markdown, with columns of even width, and the machine below it. */
export function printTable(figures: readonly Figure[], machine: Machine): string {
  const head = ['what', 'measured', 'against', 'baseline', 'ratio', 'aim', 'met'];
  const rows = figures.map(({ what, measured, against, baseline, ratio, aim, met }) => [
    what,
    measured,
    against,
    baseline,
    ratio === null ? '' : ratio.toFixed(2),
    aim,
    met === null ? '' : met ? 'yes' : 'no',
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const { date, processor, cores, memoryGb, system, node, postgresql } = machine;
  return [
    line(head),
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...rows.map(line),
    '',
    `${date} · ${processor}, ${cores} cores shared by load, service and database, ${memoryGb} GB · ${system} · Node ${node} · PostgreSQL ${postgresql}`,
  ].join('\n');
}

/** A rate a second in words: `6,700/s`. */
export function rate(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}
