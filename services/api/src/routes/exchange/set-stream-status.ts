import { problem } from '@mra/contracts';
import { changeStreamStatus } from '@mra/exchange';
import { StreamStatusBody } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { examples } from './examples.ts';

export function setStreamStatus(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/exchange/streams/status',
    {
      config: { access: { scopes: ['exchange'] }, unknownFields: 'ignored' },
      schema: {
        operationId: 'setStreamStatus',
        summary: 'Pause, disable or enable a stream',
        description:
          '`paused`: events are kept, all of them, and go on afterwards. `disabled`: nothing is kept; load a snapshot after it is enabled ' +
          'again. A receiver gets no more than the transmitter allows (OpenID Shared Signals Framework 1.0 section 8.1.2.2).',
        tags: ['exchange'],
        body: { content: { 'application/json': { schema: StreamStatusBody, examples: examples.statuses } } },
        response: {
          200: json(StreamStatusBody, 'The status from now on.', { examples: examples.statuses }),
          ...problems('WRONG_ADMINISTRATION', 'STREAM_STOPPED', 'NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const { stream_id: streamId, status, reason = null } = request.body;
      const wish = { streamId, status, reason, by: 'receiver', partner: partner.code } as const;
      const changed = await changeStreamStatus(exchange, wish);
      if (changed.ok) return changed.status;
      if (changed.reason === 'unknown') throw problem('NOT_FOUND');
      throw problem('STREAM_STOPPED', { detail: changed.detail });
    },
  );
}
