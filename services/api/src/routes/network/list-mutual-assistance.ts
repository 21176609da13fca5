import { ListQuery, MutualAssistancePage } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { readMutualAssistance } from '@mra/registry';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toMutualAssistance } from './to-wire.ts';

const LIST = { list: 'mutual-assistance', keyParts: 1 } as const;

export function listMutualAssistance(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/mutual-assistance',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'listMutualAssistance',
        summary: 'Mutual-assistance agreements that carry the exchange',
        description: 'By id. Agreements name them as their `legalBasis`.',
        tags: ['network'],
        querystring: ListQuery,
        response: {
          200: json(MutualAssistancePage, 'A page of mutual-assistance agreements.', {
            examples: answerExample('listMutualAssistance'),
          }),
        },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const rows = await readMutualAssistance(db, { limit: limit + 1, ...afterCursor(LIST, cursor) });
      return toPage(LIST, rows, limit, ({ id }) => [id], toMutualAssistance);
    },
  );
}
