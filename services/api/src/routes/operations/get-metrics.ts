import { type HttpApp, text } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';

/** Far longer than the numbers take to write; without it the route would have the hour of those that stream. */
const TIMEOUT_MS = 10_000;

export function getMetrics(app: HttpApp, { metrics }: Dependencies): void {
  app.get(
    '/metrics',
    {
      config: { access: { scopes: ['operations'] }, shedding: 'never', unknownFields: 'ignored_in_query' },
      handlerTimeout: TIMEOUT_MS,
      schema: {
        operationId: 'getMetrics',
        summary: 'What the service counts about itself',
        description:
          'Requests by operation and status, answers by outcome and reason, connections to the database, and the process. Of this ' +
          'process alone: each instance is read by itself.',
        tags: ['operations'],
        response: {
          200: {
            description: 'The numbers of this moment.',
            content: { 'text/plain': { schema: text('The text format of Prometheus, version 0.0.4.') } },
          },
        },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}
