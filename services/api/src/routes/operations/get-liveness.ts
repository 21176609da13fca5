import { Liveness } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';

export function getLiveness(app: HttpApp): void {
  app.get(
    '/livez',
    {
      config: { access: 'public', rateLimit: false, shedding: 'never', unknownFields: 'ignored_in_query' },
      schema: {
        operationId: 'getLiveness',
        summary: 'Does the process answer?',
        description:
          'Says nothing about what the process depends on: a process without its database need not be restarted.',
        tags: ['operations'],
        response: { 200: json(Liveness, 'It does.', { examples: { alive: { value: { status: 'ok' } } } }) },
      },
    },
    async () => ({ status: 'ok' }) as const,
  );
}
