import { problem } from '@mra/contracts';
import { KeysUnavailable, NoInboundStream, receiveSets, type SetReceipt } from '@mra/exchange';
import { ReceivedSetError, SET_LENGTH_MAX, SET_MEDIA_TYPE } from '@mra/exchange-protocol';
import { type HttpApp, json, noContent, problems, text } from '@mra/http';
import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { pushExamples as examples } from './push-examples.ts';
import { setExample } from './set-example.ts';

/** Room to tell one that is too long so in the words of RFC 8935; beyond that nothing is read. */
const BODY_LIMIT = 2 * SET_LENGTH_MAX;
const TIMEOUT_MS = 30_000;
const RETRY_AFTER_SECONDS = '2';

const ContentLanguage = z
  .string()
  .max(35)
  .regex(/^[A-Za-z0-9-]+$/)
  .describe('Language of `description`.');

export function postEvents(app: HttpApp, dependencies: Dependencies): void {
  app.addContentTypeParser(SET_MEDIA_TYPE, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post(
    '/exchange/events',
    {
      config: { access: { scopes: ['exchange'] } },
      bodyLimit: BODY_LIMIT,
      handlerTimeout: TIMEOUT_MS,
      schema: {
        operationId: 'pushEvent',
        summary: 'Push one security event token',
        description:
          'RFC 8935. 202 means that it is kept for good: applied, known before, or waiting for events that are missing before it. An event ' +
          'that comes again gets the answer that it got before. After 400 with `invalid_request`, `access_denied` or `invalid_state` it is ' +
          'not to be sent again; after any other 400 nothing is wrong with this event alone.\n\n' +
          setExample.description,
        tags: ['exchange'],
        body: {
          content: { [SET_MEDIA_TYPE]: { schema: text('A signed token in compact form.'), examples: examples.tokens } },
        },
        response: {
          202: noContent('It is kept.'),
          400: json(ReceivedSetError, 'Why it is refused (RFC 8935 section 2.3).', {
            headers: { 'content-language': ContentLanguage },
            examples: examples.errors,
          }),
          ...problems(
            'WRONG_ADMINISTRATION',
            'NOT_FOUND',
            'REQUEST_TIMEOUT',
            'PAYLOAD_TOO_LARGE',
            'SERVICE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      if (partner.receiveBy !== 'push') throw problem('NOT_FOUND');
      const compact = request.body as unknown as string;
      const { receipts } = await receiveSets(exchange, partner, [{ compact }]).catch(sayLater);
      const { outcome, error } = receipts[0] as SetReceipt;
      request.outcome = outcome;
      request.reason = error?.err ?? null;
      if (error !== undefined) return reply.code(400).header('content-language', 'en').send(error);
      if (outcome === 'not_kept') throw notNow('Too many events wait for those that are missing.');
      return reply.code(202).send();
    },
  );
}

/** What says nothing about the event: it must come again. */
function sayLater(error: unknown): never {
  if (error instanceof NoInboundStream) throw notNow('The stream is still being made.', error);
  if (error instanceof KeysUnavailable) throw notNow('The keys of the partner cannot be had now.', error);
  throw error;
}

function notNow(detail: string, cause?: unknown) {
  return problem('SERVICE_UNAVAILABLE', { detail, cause, headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}
