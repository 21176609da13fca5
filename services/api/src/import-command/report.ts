import { ImportResult } from '@mra/contracts';
import type { ListAnswer } from './send-list.ts';

export interface Report {
  /** What became of the list, for standard output. */
  readonly lines: readonly string[];
  /** Why it was refused, for standard error. */
  readonly complaints: readonly string[];
  /** Whether every line was applied. */
  readonly isWhole: boolean;
}

/** An answer to an import in words: counts and rejected lines, or why the list was refused. */
export function report({ status, body }: ListAnswer): Report {
  if (status !== 200) return { lines: [], complaints: refusal(status, body), isWhole: false };
  const { rejections, rejectionsOmitted, ...result } = ImportResult.parse(JSON.parse(body));
  const counts = (['received', 'created', 'updated', 'unchanged', 'ended', 'rejected'] as const).map(
    (name) => `${name} ${result[name]}`,
  );
  const rejected = rejections.map(
    ({ line, number, pointer, code, detail }) =>
      `line ${line}: ${[number, code, pointer, detail].filter((part) => part !== null && part !== '').join(' ')}`,
  );
  const more = rejectionsOmitted > 0 ? [`and ${rejectionsOmitted} rejected lines more`] : [];
  return { lines: [counts.join(', '), ...rejected, ...more], complaints: [], isWhole: result.rejected === 0 };
}

interface ProblemBody {
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

function refusal(status: number, body: string): readonly string[] {
  const problem = readProblem(body);
  if (problem === null) return [`import: ${status}, and no reason that can be read`];
  const { code, title, detail, errors = [] } = problem;
  return [
    `import: ${status} ${code}: ${title}${detail === undefined ? '' : `. ${detail}`}`,
    ...errors.map(({ pointer, detail }) => `${pointer === '' ? 'list' : pointer}: ${detail}`),
  ];
}

function readProblem(body: string): ProblemBody | null {
  try {
    const value = JSON.parse(body) as ProblemBody;
    return typeof value.code === 'string' ? value : null;
  } catch {
    return null; // A gateway in between answers in its own way.
  }
}
