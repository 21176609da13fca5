import { completeProgramme, Programme, ProgrammeBody, ProgrammeParams, wellFormed } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { putProgrammes, readProgrammes, readProgrammeTerms } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { instantOf } from '../../record-mapping.ts';
import { ETag, WriteHeaders, write } from '../../write.ts';
import { checkProgramme } from './check-programme.ts';
import { answerExample, bodyExample } from './examples.ts';
import { putTerms, refuseErrors } from './put-terms.ts';
import { toProgramme } from './to-wire.ts';

export function putProgramme(app: HttpApp, dependencies: Dependencies): void {
  const headers = { etag: ETag };
  const examples = answerExample('getProgramme');
  app.put(
    '/v1/programmes/:programme',
    {
      config: {
        access: { scopes: ['network:write'] },
        alsoWrong: async ({ params, body }) => {
          const { programme } = wellFormed(ProgrammeParams, params);
          return checkProgramme(await dependencies.networks.current(), programme, wellFormed(ProgrammeBody, body));
        },
      },
      schema: {
        operationId: 'putProgramme',
        summary: 'Create or replace the terms of a programme',
        description:
          'With `effectiveFrom` the terms hold from then on and earlier terms stay; without it they correct the terms for all time. ' +
          'Answers as known earlier stay either way. The same body again changes nothing.',
        tags: ['network'],
        params: ProgrammeParams,
        headers: WriteHeaders,
        body: { content: { 'application/json': { schema: ProgrammeBody, examples: bodyExample('getProgramme') } } },
        response: {
          200: json(Programme, 'Replaced, or already as sent: the terms from `effectiveFrom` on.', {
            headers,
            examples,
          }),
          201: json(Programme, 'Created.', { headers, examples }),
          ...problems('VALIDATION_FAILED', 'PRECONDITION_FAILED', 'IDEMPOTENCY_KEY_REUSED'),
        },
      },
    },
    async (request, reply) => {
      const { body, caller } = request;
      const id = request.params.programme;
      const from = body.effectiveFrom === undefined ? null : instantOf(body.effectiveFrom);
      return write(dependencies, request, reply, { administration: caller.administration }, async (recording) => {
        refuseErrors(checkProgramme(await dependencies.networks.current(recording.tx), id, body));
        const document = { id, ...completeProgramme(body) };
        const sent = { document, from, known: await readProgrammeTerms(recording.tx, id) };
        const put = () => putProgrammes(recording, [document], from);
        const read = () => readProgrammes(recording.tx, { at: from ?? recording.recordedAt, id });
        return putTerms(request, sent, put, read, toProgramme);
      });
    },
  );
}
