import { QuarantinePage, QuarantineQuery } from '@mra/contracts';
import { inExchange, readQuarantine } from '@mra/exchange';
import { type HttpApp, json } from '@mra/http';
import { decodeCursor, toPage } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { wrongFields } from '../../wrong-fields.ts';
import { quarantineExamples as examples } from './quarantine-examples.ts';
import { toQuarantineEntry } from './to-quarantine-entry.ts';

const LIST = { list: 'quarantine', keyParts: 1 } as const;

export function listQuarantine(app: HttpApp, { db }: Dependencies): void {
  app.get(
    '/v1/quarantine',
    {
      config: { access: { scopes: ['operations'] } },
      schema: {
        operationId: 'listQuarantine',
        summary: 'Records of partners that could not be applied',
        description:
          'Each with its reason; contents are told one by one. While one about a member is open, answers about that member are ' +
          '`indeterminate` (`DATA_STALE`).',
        tags: ['operations'],
        querystring: QuarantineQuery,
        response: { 200: json(QuarantinePage, 'A page of records.', { examples: examples.page }) },
      },
    },
    async ({ query: { limit, cursor, ...filter } }) => {
      const after = cursor === undefined ? 0 : idIn(decodeCursor(LIST, cursor)[0] ?? '');
      const found = await inExchange(db, (tx) => readQuarantine(tx, { ...filter, after, limit: limit + 1 }));
      return toPage(LIST, found, limit, ({ id }) => [String(id)], toQuarantineEntry);
    },
  );
}

function idIn(key: string): number {
  if (/^[1-9]\d{0,14}$/.test(key)) return Number(key);
  throw wrongFields([{ pointer: '/cursor', detail: 'must be a nextCursor of an earlier page of this list' }]);
}
