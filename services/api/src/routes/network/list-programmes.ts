import { ListQuery, ProgrammePage } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { readProgrammes } from '@mra/registry';
import { afterCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExample } from './examples.ts';
import { toProgramme } from './to-wire.ts';

const LIST = { list: 'programmes', keyParts: 1 } as const;

export function listProgrammes(app: HttpApp, { db, now }: Dependencies): void {
  app.get(
    '/v1/programmes',
    {
      config: { access: 'any_token' },
      schema: {
        operationId: 'listProgrammes',
        summary: 'Programmes of trusted traders',
        description:
          'With the terms that hold now, by id; of a programme that begins later, its first terms (`validFrom`).',
        tags: ['network'],
        querystring: ListQuery,
        response: { 200: json(ProgrammePage, 'A page of programmes.', { examples: answerExample('listProgrammes') }) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const rows = await readProgrammes(db, { at: now(), limit: limit + 1, ...afterCursor(LIST, cursor) });
      return toPage(LIST, rows, limit, ({ id }) => [id], toProgramme);
    },
  );
}
