export { API_VERSION, buildApp } from './app.ts';
export { CONFIGURATION, type ConfigurationVariable } from './config.ts';
export { databaseProblem, NAMED_CONSTRAINTS } from './database-problems.ts';
export type { Dependencies } from './dependencies.ts';
export { examples } from './examples.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { partnerIssuers } from './partner-issuers.ts';
export { loadDemo } from './seeds/demo.ts';
export { loadReference } from './seeds/reference.ts';
