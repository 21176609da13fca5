import { AdministrationPage, ListQuery } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { readAdministrations } from '@mra/registry';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toAdministration } from './to-wire.ts';

const LIST = { list: 'administrations', keyParts: 1 } as const;

export function listAdministrations(app: HttpApp, { db, now }: Dependencies): void {
  app.get(
    '/v1/administrations',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'listAdministrations',
        summary: 'Customs administrations and unions',
        description: 'By code; a union with its members and their periods.',
        tags: ['network'],
        querystring: ListQuery,
        response: {
          200: json(AdministrationPage, 'A page of administrations.', {
            examples: answerExample('listAdministrations'),
          }),
        },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const rows = await readAdministrations(db, { at: now(), limit: limit + 1, ...afterCursor(LIST, cursor) });
      return toPage(LIST, rows, limit, ({ code }) => [code], toAdministration);
    },
  );
}
