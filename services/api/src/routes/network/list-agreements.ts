import { AgreementPage, AgreementQuery } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { readAgreements } from '@mra/registry';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toAgreement } from './to-wire.ts';

const LIST = { list: 'agreements', keyParts: 1 } as const;

export function listAgreements(app: HttpApp, { db, now }: Dependencies): void {
  app.get(
    '/v1/agreements',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'listAgreements',
        summary: 'Agreements, with their rules and sources',
        description:
          'With the terms that hold now, by id; of an agreement that begins later, its first terms (`validFrom`). Agreements to be are ' +
          'those with the life cycle `joint_work_plan` or `exploratory`.',
        tags: ['network'],
        querystring: AgreementQuery,
        response: { 200: json(AgreementPage, 'A page of agreements.', { examples: answerExample('listAgreements') }) },
      },
    },
    async ({ query: { limit, cursor, lifeCycle, party, programme } }) => {
      const rows = await readAgreements(db, {
        at: now(),
        limit: limit + 1,
        ...afterCursor(LIST, cursor),
        ...(lifeCycle !== undefined && { lifeCycle }),
        ...(party !== undefined && { party }),
        ...(programme !== undefined && { programme }),
      });
      return toPage(LIST, rows, limit, ({ id }) => [id], toAgreement);
    },
  );
}
