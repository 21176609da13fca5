import { PresentationPage, PresentationQuery } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { readPresentations } from '@mra/registry';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toPresentation } from './to-wire.ts';

const LIST = { list: 'presentations', keyParts: 1 } as const;

export function listPresentations(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/presentations',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'listPresentations',
        summary: "How members are named on recognisers' declarations",
        description: 'By id, `programme>recogniser`, with the source of each. Rules name them as their `presentation`.',
        tags: ['network'],
        querystring: PresentationQuery,
        response: {
          200: json(PresentationPage, 'A page of presentations.', { examples: answerExample('listPresentations') }),
        },
      },
    },
    async ({ query: { limit, cursor, programme, recogniser } }) => {
      const rows = await readPresentations(db, {
        limit: limit + 1,
        ...afterCursor(LIST, cursor),
        ...(programme !== undefined && { programme }),
        ...(recogniser !== undefined && { recogniser }),
      });
      return toPage(LIST, rows, limit, ({ id }) => [id], toPresentation);
    },
  );
}
