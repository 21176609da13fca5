import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = join(import.meta.dirname, '../../package.json');

/** The flags with which `npm start` and `npm run exchange` start node, so that what is measured is what users run. */
export function nodeFlagsOf(script: 'start' | 'exchange'): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { scripts: Record<typeof script, string> };
  return scripts[script].split(' ').filter((word) => word.startsWith('--'));
}
