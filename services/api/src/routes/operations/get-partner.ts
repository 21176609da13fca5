import { PartnerDetail, PartnerParams, problem } from '@mra/contracts';
import { inExchange, readPartnerOverviews, readReports } from '@mra/exchange';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { partnerExamples as examples } from './partner-examples.ts';

const REPORTS = 20;

export function getPartner(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/partners/:code',
    {
      config: { access: { scopes: ['operations'] } },
      schema: {
        operationId: 'getPartner',
        summary: 'One partner, with its last reports',
        description:
          'Freshness, last sequence and lag of both directions, what was put aside, and what operations should know of.',
        tags: ['operations'],
        params: PartnerParams,
        response: {
          200: json(PartnerDetail, 'The partner.', { examples: examples.detail }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async ({ params: { code } }) =>
      inExchange(db, async (tx) => {
        const [partner] = await readPartnerOverviews(tx, { code, limit: 1 });
        if (partner === undefined) throw problem('NOT_FOUND');
        return { ...partner, reports: [...(await readReports(tx, code, { limit: REPORTS }))] };
      }),
  );
}
