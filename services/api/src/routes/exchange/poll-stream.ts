import { problem } from '@mra/contracts';
import { pollStream as poll } from '@mra/exchange';
import { PollRequest, PollResponse } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { examples } from './examples.ts';
import { StreamParams } from './stream-parameters.ts';

/** Longer than an answer is held. */
const TIMEOUT_MS = 40_000;

export function pollStream(app: HttpApp, dependencies: Dependencies): void {
  const closing = new AbortController();
  // Answers that are held would keep the process from ending.
  app.addHook('preClose', async () => closing.abort());
  app.post(
    '/exchange/streams/:streamId/poll',
    {
      config: { access: { scopes: ['exchange'] }, unknownFields: 'ignored' },
      handlerTimeout: TIMEOUT_MS,
      schema: {
        operationId: 'pollStream',
        summary: 'Take events, and acknowledge those taken before',
        description:
          'RFC 8936. What is neither acknowledged nor refused comes again with every poll, lowest `seq` first. Where there is nothing the ' +
          'answer is held for up to 25 seconds, unless `returnImmediately` is true. Take the order from `seq` in the events. `ack` and `setErrs` may name as many as a body holds. What a ' +
          'token says is shown at `pushEvent`.',
        tags: ['exchange'],
        params: StreamParams,
        body: { content: { 'application/json': { schema: PollRequest, examples: examples.polls } } },
        response: {
          200: json(PollResponse, 'Events by `jti`, or none.', { examples: examples.events }),
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND', 'CONFLICT'),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, closing.signal]);
      const polled = await poll(exchange, partner.code, request.params.streamId, request.body, { signal });
      if (polled.ok) {
        request.outcome = `${Object.keys(polled.response.sets).length} events`;
        return polled.response;
      }
      if (polled.reason === 'unknown') throw problem('NOT_FOUND');
      throw problem('CONFLICT', { detail: 'The events of this stream are pushed.' });
    },
  );
}
