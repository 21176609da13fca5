import { AsOfQuery, Membership, MembershipParams, NOT_YET_KNOWN, problem } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import type { Instant } from '@mra/recognition';
import { readAs, readMembership } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { answerExamples } from '../../examples.ts';
import { readerOf } from '../../reader.ts';
import { instantOf } from '../../record-mapping.ts';
import { ETag } from '../../write.ts';
import { wrongFields } from '../../wrong-fields.ts';
import { toMembership } from './to-membership.ts';

export function getMembership(app: HttpApp, dependencies: Dependencies): void {
  app.get(
    '/v1/programmes/:programme/memberships/:number',
    {
      config: { access: { scopes: ['registry:read'] } },
      schema: {
        operationId: 'getMembership',
        summary: 'One membership, as of any moment',
        description:
          'Own members, and members of partners that an agreement and their consent make known. Of the latter consents are not told, and ' +
          'only the data elements that the agreement names: null or an empty list for the others. ' +
          'What the caller may not know of answers as if it did not exist.',
        tags: ['memberships'],
        params: MembershipParams,
        querystring: AsOfQuery,
        response: {
          200: json(Membership, 'The membership.', {
            headers: { etag: ETag },
            examples: answerExamples('getMembership'),
          }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const { params, query, caller } = request;
      const { view, now } = await readAs(dependencies.db, await readerOf(dependencies, caller), async (tx, now) => {
        const at = query.at === undefined ? now : instantOf(query.at);
        const knownAt = query.knownAt === undefined ? now : instantOf(query.knownAt);
        if (knownAt > now) throw wrongFields([NOT_YET_KNOWN]);
        return { view: await readMembership(tx, { ...params, at, knownAt }), now };
      });
      if (view === undefined || (view.told !== null && isUntold(query, view.told, now))) throw problem('NOT_FOUND');
      reply.header('etag', `"${view.version}"`);
      return toMembership(view);
    },
  );
}

/** What was known before the member was shared is not for a partner, nor are past periods that the agreement does not name. */
function isUntold({ at, knownAt }: AsOfQuery, told: readonly string[], now: Instant): boolean {
  return knownAt !== undefined || (at !== undefined && instantOf(at) < now && !told.includes('STATUS_PERIODS'));
}
