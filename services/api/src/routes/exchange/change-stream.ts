import { problem } from '@mra/contracts';
import { changeOutboundStream } from '@mra/exchange';
import { ChangeStreamRequest, StreamConfiguration } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { wrongFields } from '../../wrong-fields.ts';
import { callingPartner } from './calling-partner.ts';
import { examples } from './examples.ts';

const OPERATIONS = {
  PATCH: {
    how: 'update',
    operationId: 'updateStream',
    summary: 'Change parts of a stream',
    description:
      'What is not in the request stays. What the transmitter supplies may be there, and must then be right ' +
      '(OpenID Shared Signals Framework 1.0 section 8.1.1.3).',
  },
  PUT: {
    how: 'replace',
    operationId: 'replaceStream',
    summary: 'Replace what the receiver says of a stream',
    description:
      'What the receiver supplies and is not in the request is removed; without `delivery` the stream is polled ' +
      '(OpenID Shared Signals Framework 1.0 section 8.1.1.4).',
  },
} as const;

export function changeStream(app: HttpApp, dependencies: Dependencies, method: keyof typeof OPERATIONS): void {
  const { how, ...described } = OPERATIONS[method];
  app.route({
    method,
    url: '/exchange/streams',
    config: { access: { scopes: ['exchange'] }, unknownFields: 'ignored' },
    schema: {
      ...described,
      tags: ['exchange'],
      body: { content: { 'application/json': { schema: ChangeStreamRequest, examples: examples.changes } } },
      response: {
        200: json(StreamConfiguration, 'The whole stream as it is now.', { examples: examples.streams }),
        ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND'),
      },
    },
    handler: async (request) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const changed = await changeOutboundStream(exchange, partner, request.body, how);
      if (changed.ok) return changed.configuration;
      throw changed.reason === 'invalid' ? wrongFields([changed]) : problem('NOT_FOUND');
    },
  });
}
