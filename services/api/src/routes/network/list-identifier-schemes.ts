import { IdentifierSchemePage, ListQuery } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { readIdentifierSchemes } from '@mra/registry';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toIdentifierScheme } from './to-wire.ts';

const LIST = { list: 'identifier-schemes', keyParts: 1 } as const;

export function listIdentifierSchemes(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/identifier-schemes',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'listIdentifierSchemes',
        summary: 'Kinds of identifiers and their forms',
        description: 'By code, with the sources of each.',
        tags: ['network'],
        querystring: ListQuery,
        response: {
          200: json(IdentifierSchemePage, 'A page of identifier schemes.', {
            examples: answerExample('listIdentifierSchemes'),
          }),
        },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const rows = await readIdentifierSchemes(db, { limit: limit + 1, ...afterCursor(LIST, cursor) });
      return toPage(LIST, rows, limit, ({ scheme }) => [scheme], toIdentifierScheme);
    },
  );
}
