import { createHttpApp, type HttpApp } from '@mra/http';
import { createReplication } from '@mra/registry';
import { databaseProblem } from './database-problems.ts';
import type { Dependencies } from './dependencies.ts';
import { addFreshness } from './freshness.ts';
import { exchangeRoutes } from './routes/exchange/index.ts';
import { importRoutes } from './routes/imports/index.ts';
import { localSuspensionRoutes } from './routes/local-suspensions/index.ts';
import { membershipRoutes } from './routes/memberships/index.ts';
import { networkRoutes } from './routes/network/index.ts';
import { operationsRoutes } from './routes/operations/index.ts';
import { recognitionRoutes } from './routes/recognition/index.ts';

export const API_VERSION = '1.0.0';

/** The REST API: one list of what it serves. Routes that need no scope stand beside those that do; each states its own access. */
export async function buildApp(dependencies: Dependencies): Promise<HttpApp> {
  const app = await createHttpApp({
    logger: dependencies.logger,
    authenticate: dependencies.authenticate,
    rateLimit: dependencies.rateLimit,
    trustedProxies: dependencies.trustedProxies ?? [],
    limits: dependencies.limits ?? {},
    overload: dependencies.overload,
    translateError: databaseProblem,
    info: {
      title: 'AEO / CTPAT mutual recognition',
      version: API_VERSION,
      description:
        'Keeps memberships of trusted-trader programmes, knows the Mutual Recognition Agreements between customs administrations, and ' +
        'answers whether a trader validated in one programme is recognised by another administration, for any moment and with its reasons.',
      contact: 'The maintainers',
      licence: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
      tags: [
        { name: 'recognition', description: 'Is this trader recognised, and why?' },
        { name: 'memberships', description: 'Members of the programmes, their status and its history.' },
        { name: 'network', description: 'Administrations, programmes, agreements: who recognises whom.' },
        {
          name: 'exchange',
          description: 'With partners: streams of events (OpenID Shared Signals Framework 1.0), snapshots, digests.',
        },
        { name: 'operations', description: 'Health, metrics and lists of partners.' },
      ],
    },
  });
  const replication = dependencies.replication ?? createReplication(dependencies.db);
  addFreshness(app, { ...dependencies, replication });
  recognitionRoutes(app, dependencies);
  membershipRoutes(app, dependencies);
  localSuspensionRoutes(app, dependencies);
  networkRoutes(app, dependencies);
  importRoutes(app, dependencies);
  exchangeRoutes(app, dependencies);
  operationsRoutes(app, { ...dependencies, replication });
  return app;
}
