import { ListQuery, PartnerPage } from '@mra/contracts';
import { inExchange, readPartnerOverviews } from '@mra/exchange';
import { type HttpApp, json } from '@mra/http';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { partnerExamples as examples } from './partner-examples.ts';

const LIST = { list: 'partners', keyParts: 1 } as const;

export function listPartners(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/partners',
    {
      config: { access: { scopes: ['operations'] } },
      schema: {
        operationId: 'listPartners',
        summary: 'Partners and the state of the exchange with them',
        description:
          'Registered partners by code: how fresh their copies are, how far both directions have got, and what failed.',
        tags: ['operations'],
        querystring: ListQuery,
        response: { 200: json(PartnerPage, 'A page of partners.', { examples: examples.page }) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const wanted = { ...afterCursor(LIST, cursor), limit: limit + 1 };
      const found = await inExchange(db, (tx) => readPartnerOverviews(tx, wanted));
      return toPage(
        LIST,
        found,
        limit,
        ({ code }) => [code],
        (partner) => partner,
      );
    },
  );
}
