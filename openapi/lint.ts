/** `npm run lint:openapi`: both linters on the committed document, fetched by npm for the occasion (70 MB, too heavy to depend on). */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DOCUMENT = 'openapi/recognition-api.v1.json';
const REDOCLY = '@redocly/cli@2.77.0';
const SPECTRAL = ['@stoplight/spectral-cli@6.16.3', '@stoplight/spectral-owasp-ruleset@2.0.1'];

// Spectral looks for rulesets beside the document; here they lie beside Spectral itself.
const spectral = `NODE_PATH="$(dirname "$(dirname "$(command -v spectral)")")" spectral lint ${DOCUMENT} --fail-severity=warn`;

const runs = [
  ['exec', '--yes', `--package=${REDOCLY}`, '--', 'redocly', 'lint', DOCUMENT],
  ['exec', '--yes', ...SPECTRAL.map((name) => `--package=${name}`), '-c', spectral],
];
const cwd = fileURLToPath(new URL('..', import.meta.url));
const failed = runs.filter((args) => spawnSync('npm', args, { cwd, stdio: 'inherit' }).status !== 0);
process.exitCode = failed.length === 0 ? 0 : 1;
