import { Agreement, AgreementParams, problem } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { readAgreements } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { ETag } from '../../write.ts';
import { answerExample } from './examples.ts';
import { toAgreement } from './to-wire.ts';

export function getAgreement(app: HttpApp, { db, now }: Dependencies): void {
  app.get(
    '/v1/agreements/:agreement',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'getAgreement',
        summary: 'One agreement, with its rules and sources',
        description: 'The terms that hold now; of an agreement that begins later, its first terms (`validFrom`).',
        tags: ['network'],
        params: AgreementParams,
        response: {
          200: json(Agreement, 'The agreement.', { headers: { etag: ETag }, examples: answerExample('getAgreement') }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async ({ params }, reply) => {
      const [found] = await readAgreements(db, { at: now(), id: params.agreement });
      if (found === undefined) throw problem('NOT_FOUND');
      reply.header('etag', `"${found.version}"`);
      return toAgreement(found);
    },
  );
}
