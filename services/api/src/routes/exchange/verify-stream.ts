import { problem } from '@mra/contracts';
import { requestVerification } from '@mra/exchange';
import { VerificationRequest } from '@mra/exchange-protocol';
import { type HttpApp, noContent, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { examples } from './examples.ts';

export function verifyStream(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/exchange/streams/verify',
    {
      config: { access: { scopes: ['exchange'] }, unknownFields: 'ignored' },
      schema: {
        operationId: 'verifyStream',
        summary: 'Ask for a verification event',
        description:
          'It takes its place in the stream and repeats `state`. Not more often than every `min_verification_interval` seconds ' +
          '(OpenID Shared Signals Framework 1.0 section 8.1.4.2).',
        tags: ['exchange'],
        body: { content: { 'application/json': { schema: VerificationRequest, examples: examples.verifications } } },
        response: {
          204: noContent('It will come.'),
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND', 'CONFLICT', 'RATE_LIMITED'),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const asked = await requestVerification(exchange, partner.code, request.body);
      if (asked.ok) return reply.code(204).send();
      if (asked.reason === 'unknown') throw problem('NOT_FOUND');
      if (asked.reason === 'disabled') throw problem('CONFLICT', { detail: 'The stream is disabled.' });
      throw problem('RATE_LIMITED', {
        detail: `The next verification may be asked for in ${asked.waitSeconds} seconds.`,
        headers: { 'retry-after': String(asked.waitSeconds) },
      });
    },
  );
}
