import { Administration, AdministrationParams, problem } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { readAdministrations } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { ETag } from '../../write.ts';
import { answerExample } from './examples.ts';
import { toAdministration } from './to-wire.ts';

export function getAdministration(app: HttpApp, { db, now }: Dependencies): void {
  app.get(
    '/v1/administrations/:code',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'getAdministration',
        summary: 'One customs administration or union',
        tags: ['network'],
        params: AdministrationParams,
        response: {
          200: json(Administration, 'The administration.', {
            headers: { etag: ETag },
            examples: answerExample('getAdministration'),
          }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async ({ params: { code } }, reply) => {
      const [found] = await readAdministrations(db, { at: now(), code });
      if (found === undefined) throw problem('NOT_FOUND');
      reply.header('etag', `"${found.version}"`);
      return toAdministration(found);
    },
  );
}
