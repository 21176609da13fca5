import { problem } from '@mra/contracts';
import { readOutboundStreams } from '@mra/exchange';
import { StreamConfiguration } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { examples } from './examples.ts';
import { OptionalStreamQuery } from './stream-parameters.ts';

/** A partner has one stream. */
const Answer = z.union([StreamConfiguration, z.array(StreamConfiguration).max(1)]);

export function getStreams(app: HttpApp, dependencies: Dependencies): void {
  app.get(
    '/exchange/streams',
    {
      config: { access: { scopes: ['exchange'] } },
      schema: {
        operationId: 'getStreams',
        summary: "The calling partner's streams",
        description: 'The one that is named, or a list of all (OpenID Shared Signals Framework 1.0 section 8.1.1.2).',
        tags: ['exchange'],
        querystring: OptionalStreamQuery,
        response: {
          200: json(Answer, 'The stream, or a list.', { examples: examples.readStreams }),
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const { stream_id: named } = request.query;
      const streams = await readOutboundStreams(exchange, partner.code);
      if (named === undefined) return [...streams];
      const found = streams.find(({ stream_id }) => stream_id === named);
      if (found === undefined) throw problem('NOT_FOUND');
      return found;
    },
  );
}
