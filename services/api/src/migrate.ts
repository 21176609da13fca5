/** `npm run migrate`: applies the migrations and nothing else, for deployments in which the service does not own its tables. */
import { EmbeddedDatabaseError } from '@mra/embedded-database';
import { createLogger } from '@mra/http';
import { createEnding, reportFailure, StartFailure } from '@mra/service';
import { readConfig } from './config.ts';
import { findDatabase } from './find-database.ts';
import { prepareDatabase } from './prepare-database.ts';

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
  const { migrations: applied, isReplica } = await prepareDatabase(await findDatabase(config, log, ending));
  if (isReplica) throw new StartFailure('DATABASE_URL is a streaming replica: its primary is what is migrated');
  for (const line of applied.length > 0 ? applied : ['nothing to apply']) process.stdout.write(`${line}\n`);
  await ending.end(0);
} catch (error) {
  if (!ending.hasBegun) {
    reportFailure(error, log, [EmbeddedDatabaseError]);
    await ending.end(1);
  }
}
