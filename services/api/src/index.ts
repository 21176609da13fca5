export { API_VERSION, buildApp } from './app.ts';
export type { Dependencies } from './dependencies.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { loadDemo } from './seeds/demo.ts';
export { loadReference } from './seeds/reference.ts';
