/** `npm run migrate`: applies the migrations and nothing else, for deployments in which the service does not own its tables. */
import { createLogger } from '@mra/http';
import { readConfig } from './config.ts';
import { createEnding } from './ending.ts';
import { findDatabase } from './find-database.ts';
import { prepareDatabase } from './prepare-database.ts';
import { reportFailure } from './start-failure.ts';

const log = createLogger('info', { write: (line) => void process.stderr.write(line) });
const ending = createEnding((error) => log.fatal({ err: error }, 'the migrations failed'));
try {
  // Issuers of tokens, which production must name, are no matter here.
  const config = readConfig({
    ...process.env,
    NODE_ENV: undefined,
    TOKEN_ISSUERS: undefined,
    TOKEN_ALGORITHMS: undefined,
  });
  const applied = await prepareDatabase(await findDatabase(config, log, ending));
  for (const line of applied.length > 0 ? applied : ['nothing to apply']) process.stdout.write(`${line}\n`);
  await ending.end(0);
} catch (error) {
  if (!ending.hasBegun) {
    reportFailure(error, log);
    await ending.end(1);
  }
}
