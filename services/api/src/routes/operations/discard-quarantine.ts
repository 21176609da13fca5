import { DiscardBody, QuarantineEntry, QuarantineParams } from '@mra/contracts';
import { discardQuarantined } from '@mra/exchange';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { WriteHeaders, write } from '../../write.ts';
import { quarantineExamples as examples } from './quarantine-examples.ts';
import { afterDecision } from './to-quarantine-entry.ts';

export function discardQuarantine(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/v1/quarantine/:id/discard',
    {
      config: { access: { scopes: ['operations'] } },
      schema: {
        operationId: 'discardQuarantined',
        summary: 'Give a record up',
        description:
          'What is held of the member stays as it is. If nothing else about it is open, its answers are no longer `indeterminate` on this account.',
        tags: ['operations'],
        params: QuarantineParams,
        headers: WriteHeaders.pick({ 'idempotency-key': true }),
        body: { content: { 'application/json': { schema: DiscardBody, examples: examples.bodies } } },
        response: {
          200: json(QuarantineEntry, 'It is discarded.', { examples: examples.discarded }),
          ...problems('NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_KEY_REUSED'),
        },
      },
    },
    async (request, reply) => {
      const id = Number(request.params.id);
      const actor = { administration: null, copies: true, exchange: true };
      return write(dependencies, request, reply, actor, async (recording) => {
        const decision = await discardQuarantined(recording, id, request.body.reason);
        return { status: 200, body: await afterDecision(recording, id, decision) };
      });
    },
  );
}
