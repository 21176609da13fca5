import { type HttpApp, operationOf } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { getLiveness } from './get-liveness.ts';
import { getMetrics } from './get-metrics.ts';
import { getReadiness } from './get-readiness.ts';

/** Health and metrics; the durations of all requests are observed here. */
export function operationsRoutes(app: HttpApp, dependencies: Dependencies): void {
  const { metrics } = dependencies;
  app.addHook('onResponse', async (request, reply) => {
    metrics.observeRequest(operationOf(request), reply.statusCode, reply.elapsedTime / 1000);
  });
  getLiveness(app);
  getReadiness(app, dependencies);
  getMetrics(app, dependencies);
}
