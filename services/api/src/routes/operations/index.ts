import { type HttpApp, operationOf } from '@mra/http';
import type { Replication } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { discardQuarantine } from './discard-quarantine.ts';
import { getLiveness } from './get-liveness.ts';
import { getMetrics } from './get-metrics.ts';
import { getPartner } from './get-partner.ts';
import { getQuarantined } from './get-quarantine.ts';
import { getReadiness } from './get-readiness.ts';
import { listPartners } from './list-partners.ts';
import { listQuarantine } from './list-quarantine.ts';
import { resynchronisePartner } from './resynchronise.ts';
import { retryQuarantine } from './retry-quarantine.ts';

/** Health, metrics, partners and what of theirs was put aside; the durations of all requests are observed here. */
export function operationsRoutes(
  app: HttpApp,
  dependencies: Dependencies & { readonly replication: Replication },
): void {
  const { metrics } = dependencies;
  app.addHook('onResponse', (request, reply, done) => {
    metrics.observeRequest(operationOf(request), reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  getLiveness(app);
  getReadiness(app, { ...dependencies, db: dependencies.reserved ?? dependencies.db });
  getMetrics(app, dependencies);

  listPartners(app, dependencies);
  getPartner(app, dependencies);
  resynchronisePartner(app, dependencies);
  listQuarantine(app, dependencies);
  getQuarantined(app, dependencies);
  retryQuarantine(app, dependencies);
  discardQuarantine(app, dependencies);
}
