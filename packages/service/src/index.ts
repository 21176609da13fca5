export {
  administrations,
  algorithms,
  type ConfiguredIssuer,
  databaseUrl,
  issuers,
  oneOf,
  onOff,
  proxies,
  publicUrl,
  text,
  whole,
} from './config-values.ts';
export { createEnding, type Ending } from './ending.ts';
export { ConfigError, readEnvironment } from './environment.ts';
export { Secret } from './secret.ts';
export { databaseFailure, listenFailure, reportFailure, StartFailure } from './start-failure.ts';
