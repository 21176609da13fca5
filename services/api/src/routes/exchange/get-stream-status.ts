import { problem } from '@mra/contracts';
import { readStreamStatus } from '@mra/exchange';
import { StreamStatusBody } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { examples } from './examples.ts';
import { StreamQuery } from './stream-parameters.ts';

export function getStreamStatus(app: HttpApp, dependencies: Dependencies): void {
  app.get(
    '/exchange/streams/status',
    {
      config: { access: { scopes: ['exchange'] } },
      schema: {
        operationId: 'getStreamStatus',
        summary: 'Whether a stream runs',
        description: 'OpenID Shared Signals Framework 1.0 section 8.1.2.1.',
        tags: ['exchange'],
        querystring: StreamQuery,
        response: {
          200: json(StreamStatusBody, 'Its status.', { examples: examples.statuses }),
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const status = await readStreamStatus(exchange, partner.code, request.query.stream_id);
      if (status === null) throw problem('NOT_FOUND');
      return status;
    },
  );
}
