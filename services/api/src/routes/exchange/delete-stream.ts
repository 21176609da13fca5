import { problem } from '@mra/contracts';
import { deleteOutboundStream } from '@mra/exchange';
import { type HttpApp, noContent, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { StreamQuery } from './stream-parameters.ts';

export function deleteStream(app: HttpApp, dependencies: Dependencies): void {
  app.delete(
    '/exchange/streams',
    {
      config: { access: { scopes: ['exchange'] } },
      schema: {
        operationId: 'deleteStream',
        summary: 'Remove a stream with its events and snapshots',
        description: 'A new one begins at 1 (OpenID Shared Signals Framework 1.0 section 8.1.1.5).',
        tags: ['exchange'],
        querystring: StreamQuery,
        response: { 204: noContent('Removed.'), ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const deleted = await deleteOutboundStream(exchange, partner.code, request.query.stream_id);
      if (!deleted) throw problem('NOT_FOUND');
      return reply.code(204).send();
    },
  );
}
