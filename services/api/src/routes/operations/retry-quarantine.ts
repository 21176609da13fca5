import { QuarantineEntry, QuarantineParams } from '@mra/contracts';
import { retryQuarantined } from '@mra/exchange';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { WriteHeaders, write } from '../../write.ts';
import { quarantineExamples as examples } from './quarantine-examples.ts';
import { afterDecision } from './to-quarantine-entry.ts';

export function retryQuarantine(app: HttpApp, dependencies: Dependencies): void {
  const { networks, logger: log } = dependencies;
  app.post(
    '/v1/quarantine/:id/retry',
    {
      config: { access: { scopes: ['operations'] } },
      schema: {
        operationId: 'retryQuarantined',
        summary: 'Try a record again',
        description:
          'By what is known now, for example of the network. It is then `applied`; `superseded` where the member has had a later event, and ' +
          'nothing is done; or still `open`, with the reasons of now.',
        tags: ['operations'],
        params: QuarantineParams,
        headers: WriteHeaders.pick({ 'idempotency-key': true }),
        response: {
          200: json(QuarantineEntry, 'What came of it.', { examples: examples.retried }),
          ...problems('NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_KEY_REUSED'),
        },
      },
    },
    async (request, reply) => {
      const id = Number(request.params.id);
      const actor = { administration: null, copies: true, exchange: true };
      return write(dependencies, request, reply, actor, async (recording) => {
        const network = await networks.current(recording.tx);
        const decision = await retryQuarantined(recording, { network, log }, id);
        const body = await afterDecision(recording, id, decision);
        request.outcome = body.state;
        return { status: 200, body };
      });
    },
  );
}
