import { Partner, PartnerParams, problem, ResynchroniseBody } from '@mra/contracts';
import { askForSnapshot, readPartnerOverviews } from '@mra/exchange';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { WriteHeaders, write } from '../../write.ts';
import { partnerExamples as examples } from './partner-examples.ts';

export function resynchronisePartner(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/v1/partners/:code/resynchronise',
    {
      config: { access: { scopes: ['operations'] } },
      schema: {
        operationId: 'resynchronisePartner',
        summary: "Load a snapshot of a partner's members",
        description:
          'What the partner communicates now replaces what is held: members whom the snapshot does not name are no longer communicated. It ' +
          'is loaded after the answer. One that is empty, cut off or sharply smaller is refused and reported, and the copy stays as it is.',
        tags: ['operations'],
        params: PartnerParams,
        headers: WriteHeaders.pick({ 'idempotency-key': true }),
        body: {
          content: { 'application/json': { schema: ResynchroniseBody.nullable(), examples: examples.bodies } },
        },
        response: {
          202: json(Partner, 'It will be loaded.', { examples: examples.asked }),
          ...problems('NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_KEY_REUSED'),
        },
      },
    },
    async (request, reply) => {
      const { code } = request.params;
      const allowShrinkTo = request.body?.allowShrinkTo ?? null;
      const actor = { administration: null, exchange: true };
      return write(dependencies, request, reply, actor, async ({ tx }) => {
        const asked = await askForSnapshot(tx, code, { reason: 'asked for by operations', allowShrinkTo });
        const [partner] = await readPartnerOverviews(tx, { code, limit: 1 });
        if (partner === undefined) throw problem('NOT_FOUND');
        if (!asked) throw problem('CONFLICT', { detail: 'Nothing is received from this partner.' });
        return { status: 202, body: partner };
      });
    },
  );
}
