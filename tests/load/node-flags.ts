import scripts from '../../package.json' with { type: 'json' };

/** The flags with which `npm start` and `npm run exchange` start node, so that what is measured is what users run. */
export function nodeFlagsOf(script: 'start' | 'exchange'): readonly string[] {
  return scripts.scripts[script].split(' ').filter((word) => word.startsWith('--'));
}
