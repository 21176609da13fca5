import { problem, Readiness } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { createReadinessCheck } from './readiness-check.ts';

/** Balancers ask about this often. */
const RETRY_AFTER_SECONDS = '5';

export function getReadiness(app: HttpApp, { db }: Dependencies): void {
  const check = createReadinessCheck(db);
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.get(
    '/readyz',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        operationId: 'getReadiness',
        summary: 'May requests be sent here?',
        description:
          'Not while the database does not answer or lacks a migration, nor once the service has begun to close.',
        tags: ['operations'],
        response: {
          200: json(Readiness, 'They may.', { examples: { ready: { value: { status: 'ready' } } } }),
          ...problems('SERVICE_UNAVAILABLE'),
        },
      },
    },
    async () => {
      const { obstacle, cause } = closing ? { obstacle: 'The service is closing.' } : await check();
      if (obstacle === null) return { status: 'ready' } as const;
      throw problem('SERVICE_UNAVAILABLE', {
        detail: obstacle,
        cause,
        headers: { 'retry-after': RETRY_AFTER_SECONDS },
      });
    },
  );
}
