import { BenefitPage, ListQuery } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { readBenefits } from '@mra/registry';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toBenefit } from './to-wire.ts';

const LIST = { list: 'benefits', keyParts: 1 } as const;

export function listBenefits(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/benefits',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'listBenefits',
        summary: 'What recognised traders are given, in words',
        description: 'By code, with the sources of each.',
        tags: ['network'],
        querystring: ListQuery,
        response: { 200: json(BenefitPage, 'A page of benefits.', { examples: answerExample('listBenefits') }) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const rows = await readBenefits(db, { limit: limit + 1, ...afterCursor(LIST, cursor) });
      return toPage(LIST, rows, limit, ({ code }) => [code], toBenefit);
    },
  );
}
