import { problem, QuarantinedRecord, QuarantineParams } from '@mra/contracts';
import { inExchange, readQuarantined } from '@mra/exchange';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { quarantineExamples as examples } from './quarantine-examples.ts';
import { toQuarantineEntry } from './to-quarantine-entry.ts';

export function getQuarantined(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/quarantine/:id',
    {
      config: { access: { scopes: ['operations'] } },
      schema: {
        operationId: 'getQuarantined',
        summary: 'One record that could not be applied, with its content',
        tags: ['operations'],
        params: QuarantineParams,
        response: {
          200: json(QuarantinedRecord, 'The record.', { examples: examples.record }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async ({ params }) => {
      const found = await inExchange(db, (tx) => readQuarantined(tx, Number(params.id)));
      if (found === null) throw problem('NOT_FOUND');
      return { ...toQuarantineEntry(found), content: { ...found.content } };
    },
  );
}
