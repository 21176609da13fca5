import { problem } from '@mra/contracts';
import { createOutboundStream } from '@mra/exchange';
import { CreateStreamRequest, StreamConfiguration } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { wrongFields } from '../../wrong-fields.ts';
import { callingPartner } from './calling-partner.ts';
import { examples } from './examples.ts';

export function createStream(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/exchange/streams',
    {
      config: { access: { scopes: ['exchange'] }, unknownFields: 'ignored' },
      schema: {
        operationId: 'createStream',
        summary: 'A stream of events for the calling partner',
        description:
          'One each. Without `delivery` it is polled; events are pushed only to origins registered for the partner. The stream tells ' +
          'changes from now on: what holds already is in a snapshot (OpenID Shared Signals Framework 1.0 section 8.1.1.1).',
        tags: ['exchange'],
        body: { content: { 'application/json': { schema: CreateStreamRequest, examples: examples.newStreams } } },
        response: {
          201: json(StreamConfiguration, 'The stream.', { examples: examples.streams }),
          ...problems('WRONG_ADMINISTRATION', 'CONFLICT'),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const created = await createOutboundStream(exchange, partner, request.body);
      if (created.ok) return reply.code(201).send(created.configuration);
      if (created.reason === 'invalid') throw wrongFields([created]);
      throw problem('CONFLICT', { detail: 'The partner has a stream, which it can read, change or delete.' });
    },
  );
}
