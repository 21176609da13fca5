import { Programme, ProgrammeParams, problem } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { readProgrammes } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { ETag } from '../../write.ts';
import { answerExample } from './examples.ts';
import { toProgramme } from './to-wire.ts';

export function getProgramme(app: HttpApp, { db, now }: Dependencies): void {
  app.get(
    '/v1/programmes/:programme',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'getProgramme',
        summary: 'One programme',
        description: 'The terms that hold now; of a programme that begins later, its first terms (`validFrom`).',
        tags: ['network'],
        params: ProgrammeParams,
        response: {
          200: json(Programme, 'The programme.', { headers: { etag: ETag }, examples: answerExample('getProgramme') }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async ({ params }, reply) => {
      const [found] = await readProgrammes(db, { at: now(), id: params.programme });
      if (found === undefined) throw problem('NOT_FOUND');
      reply.header('etag', `"${found.version}"`);
      return toProgramme(found);
    },
  );
}
