import { problem } from '@mra/contracts';
import { replayEvents } from '@mra/exchange';
import { ReplayAnswer, ReplayRequest } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { examples } from './examples.ts';

export function replayStream(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/exchange/streams/replay',
    {
      config: { access: { scopes: ['exchange'] }, unknownFields: 'ignored' },
      schema: {
        operationId: 'replayStream',
        summary: 'Send events again',
        description:
          'For a receiver that sees a gap: all events from there on come again, with the `jti` that they had, also those that it refused. ' +
          'Where some of them are not kept any more, a snapshot must be loaded. An addition of this exchange to the framework.',
        tags: ['exchange'],
        body: { content: { 'application/json': { schema: ReplayRequest, examples: examples.replays } } },
        response: {
          202: json(ReplayAnswer, 'They come again.', { examples: examples.replayed }),
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND', 'GONE'),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const { stream_id, from } = request.body;
      const replayed = await replayEvents(exchange, partner.code, { streamId: stream_id, from });
      if (replayed.ok) return reply.code(202).send({ stream_id, from, to: replayed.to });
      if (replayed.reason === 'unknown') throw problem('NOT_FOUND');
      const oldest = replayed.oldestKept === 0 ? 'None is kept' : `The oldest that is kept is ${replayed.oldestKept}`;
      throw problem('GONE', { detail: `${oldest}: load a snapshot.` });
    },
  );
}
