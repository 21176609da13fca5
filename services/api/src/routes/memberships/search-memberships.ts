import { MembershipPage, MembershipQuery, problem } from '@mra/contracts';
import { type HttpApp, json } from '@mra/http';
import { normaliseIdentifier } from '@mra/recognition';
import { SearchTooLong, searchMemberships as search } from '@mra/registry';
import { decodeCursor, encodeCursor } from '../../cursor.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExamples } from '../../examples.ts';
import { readerOf } from '../../reader.ts';
import { toMembership } from './to-membership.ts';

const LIST = { list: 'memberships', keyParts: 2 } as const;

export function searchMemberships(app: HttpApp, dependencies: Dependencies): void {
  app.get(
    '/v1/memberships',
    {
      config: { access: { scopes: ['registry:read'] } },
      schema: {
        operationId: 'searchMemberships',
        summary: 'Search memberships',
        description:
          'Own members, and members of partners that an agreement and their consent make known, as of now; by programme and number. Of ' +
          'the latter only what the agreement names is told, and searched.',
        tags: ['memberships'],
        querystring: MembershipQuery,
        response: {
          200: json(MembershipPage, 'A page of memberships.', { examples: answerExamples('searchMemberships') }),
        },
      },
    },
    async ({ query, caller }) => {
      const { limit, cursor, ...filter } = query;
      const [programme = '', number = ''] = cursor === undefined ? [] : decodeCursor(LIST, cursor);
      const wanted = { ...filter, limit: limit + 1, ...(cursor !== undefined && { after: { programme, number } }) };
      const found = await search(dependencies.db, await readerOf(dependencies, caller), wanted).catch(tooLong);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const more = found.length > limit && last !== undefined;
      return {
        data: page.map((view) => toMembership(view)),
        nextCursor: more ? encodeCursor(LIST, [last.programme, normaliseIdentifier(last.number)]) : null,
      };
    },
  );
}

function tooLong(error: unknown): never {
  if (!(error instanceof SearchTooLong)) throw error;
  throw problem('SERVICE_UNAVAILABLE', {
    detail: 'The search takes too long: name a programme or an identifier.',
    headers: { 'retry-after': '5' },
    cause: error,
  });
}
