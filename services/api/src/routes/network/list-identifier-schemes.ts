import { IdentifierSchemePage, ListQuery } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { readIdentifierSchemes } from '@mra/registry';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toIdentifierScheme } from './to-wire.ts';

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
      const rows = await readIdentifierSchemes(db, { limit: limit + 1, ...afterCursor(cursor) });
      return toPage(rows, limit, ({ scheme }) => [scheme], toIdentifierScheme);
    },
  );
}
