import {
  Administration,
  AdministrationBody,
  AdministrationParams,
  completeAdministration,
  wellFormed,
} from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { putAdministrations, readAdministrations } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { ETag, WriteHeaders, write } from '../../write.ts';
import { checkAdministration } from './check-administration.ts';
import { answerExample, bodyExample } from './examples.ts';
import { inOrder, putTerms, refuseErrors } from './put-terms.ts';
import { toAdministration } from './to-wire.ts';

export function putAdministration(app: HttpApp, dependencies: Dependencies): void {
  const headers = { etag: ETag };
  const examples = answerExample('getAdministration');
  app.put(
    '/v1/administrations/:code',
    {
      config: {
        access: { scopes: ['network:write'] },
        alsoWrong: async ({ params, body }) => {
          const { code } = wellFormed(AdministrationParams, params);
          return checkAdministration(await dependencies.networks.current(), code, wellFormed(AdministrationBody, body));
        },
      },
      schema: {
        operationId: 'putAdministration',
        summary: 'Create or replace an administration',
        description:
          'Replaces what is known of it and, of a union, of all its members with their periods. Answers as known earlier stay. ' +
          'The same body again changes nothing.',
        tags: ['network'],
        params: AdministrationParams,
        headers: WriteHeaders,
        body: {
          content: { 'application/json': { schema: AdministrationBody, examples: bodyExample('getAdministration') } },
        },
        response: {
          200: json(Administration, 'Replaced, or already as sent.', { headers, examples }),
          201: json(Administration, 'Created.', { headers, examples }),
          ...problems('VALIDATION_FAILED', 'PRECONDITION_FAILED', 'IDEMPOTENCY_KEY_REUSED'),
        },
      },
    },
    async (request, reply) => {
      const { body, caller } = request;
      const { code } = request.params;
      return write(dependencies, request, reply, { administration: caller.administration }, async (recording) => {
        refuseErrors(checkAdministration(await dependencies.networks.current(recording.tx), code, body));
        const { members, ...terms } = completeAdministration(body);
        const document = {
          code,
          ...terms,
          members: inOrder(members, (member) => `${member.code} ${member.from ?? ''}`),
        };
        const read = () => readAdministrations(recording.tx, { at: recording.recordedAt, code });
        const sent = { document, from: null, known: await read() };
        return putTerms(request, sent, () => putAdministrations(recording, [document], null), read, toAdministration);
      });
    },
  );
}
