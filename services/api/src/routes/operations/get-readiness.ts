import { problem, Readiness as ReadinessAnswer } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { type CheckedDatabase, createReadinessCheck, type Readiness } from './readiness-check.ts';

/** Balancers ask about this often. */
const RETRY_AFTER_SECONDS = '5';

export function getReadiness(app: HttpApp, database: CheckedDatabase): void {
  const check = createReadinessCheck(database);
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  // The first probe may come when there is already much to do.
  app.addHook('onListen', async () => void check());
  app.get(
    '/readyz',
    {
      config: { access: 'public', rateLimit: false, shedding: 'never', unknownFields: 'ignored_in_query' },
      schema: {
        operationId: 'getReadiness',
        summary: 'May requests be sent here?',
        description:
          'Not while the database does not answer, lacks a migration or, as a replica, is too far behind, nor once the service has begun ' +
          'to close.',
        tags: ['operations'],
        response: {
          200: json(ReadinessAnswer, 'They may.', { examples: { ready: { value: { status: 'ready' } } } }),
          ...problems('SERVICE_UNAVAILABLE'),
        },
      },
    },
    async () => {
      const { obstacle, cause, replica }: Readiness = closing ? { obstacle: 'The service is closing.' } : await check();
      if (obstacle === null)
        return {
          status: 'ready' as const,
          ...(replica && { replica: { changeSeq: replica.seq, lagMs: replica.behindMs } }),
        };
      throw problem('SERVICE_UNAVAILABLE', {
        detail: obstacle,
        cause,
        headers: { 'retry-after': RETRY_AFTER_SECONDS },
      });
    },
  );
}
