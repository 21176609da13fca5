import { AgreementHistory, AgreementParams, problem } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { readAgreementHistory } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toAgreementVersion } from './to-wire.ts';

export function getAgreementHistory(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/agreements/:agreement/history',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'getAgreementHistory',
        summary: 'Every version of the terms of an agreement',
        description:
          'In the order in which they became known (`recordedAt`, until `supersededAt`). A change from a day on makes two versions: the ' +
          'new terms, and the earlier ones with their new end.',
        tags: ['network'],
        params: AgreementParams,
        response: {
          200: json(AgreementHistory, 'The versions, oldest first.', {
            examples: answerExample('getAgreementHistory'),
          }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async ({ params: { agreement } }) => {
      const versions = await readAgreementHistory(db, agreement);
      if (versions.length === 0) throw problem('NOT_FOUND');
      return { agreement, versions: versions.map(toAgreementVersion) };
    },
  );
}
