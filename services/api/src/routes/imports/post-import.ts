import { type FieldError, ImportLine, ImportQuery, ImportResult, wellFormed } from '@mra/contracts';
import { type HttpApp, json, ndjson, problems, text } from '@mra/http';
import type { Network } from '@mra/recognition';
import type { Dependencies } from '../../dependencies.ts';
import { answerExamples, examples } from '../../examples.ts';
import { WriteHeaders } from '../../write.ts';
import { wrongFields } from '../../wrong-fields.ts';
import { findProgramme } from '../memberships/find-programme.ts';
import { sourceOfList } from './authority.ts';
import { CSV, DESCRIPTION } from './description.ts';
import { firstPace } from './first-pace.ts';
import { receiveList } from './receive-list.ts';
import { writeList } from './write-list.ts';

export function postImport(app: HttpApp, dependencies: Dependencies): void {
  const pace = firstPace();
  app.post(
    '/v1/imports',
    {
      config: {
        access: { scopes: ['registry:write', 'operations'] },
        alsoWrong: async ({ query }) =>
          checkProgramme(await dependencies.networks.current(), wellFormed(ImportQuery, query).programme),
      },
      schema: {
        operationId: 'importMemberships',
        summary: 'Load a list of members',
        description: DESCRIPTION,
        tags: ['operations'],
        querystring: ImportQuery,
        headers: WriteHeaders.pick({ 'idempotency-key': true }),
        body: {
          description: 'A list of any length; it is read as it arrives.',
          content: {
            'text/csv': { schema: text(CSV), examples: examples.csvLists },
            'application/x-ndjson': {
              schema: ndjson(ImportLine, 'One membership and its number a line.'),
              examples: examples.ndjsonLists,
            },
          },
        },
        response: {
          200: json(ImportResult, 'What became of the lines.', { examples: answerExamples('importMemberships') }),
          ...problems(
            'VALIDATION_FAILED',
            'WRONG_ADMINISTRATION',
            'NOT_AUTHORITATIVE',
            'REMOVALS_NOT_ALLOWED',
            'IDEMPOTENCY_KEY_REUSED',
          ),
        },
      },
    },
    async (request, reply) => {
      const { query, caller } = request;
      const network = await dependencies.networks.current();
      const errors = checkProgramme(network, query.programme);
      if (errors.length > 0) throw wrongFields(errors);
      const { administration } = findProgramme(network, query.programme, dependencies.now());
      const source = sourceOfList(dependencies, caller, administration);
      const maxAgeSeconds = Math.ceil(1.5 * dependencies.partnerCadenceSeconds);
      return receiveList(dependencies, request, query, administration, network, async (received) => {
        if (reply.sent) return reply; // It took too long to arrive, which has been answered.
        request.outcome = 'imported';
        return writeList(
          dependencies,
          request,
          reply,
          { ...received, query, administration, source, maxAgeSeconds },
          pace,
        );
      });
    },
  );
}

function checkProgramme(network: Network, programme: string | undefined): FieldError[] {
  const isUnknown = programme !== undefined && !network.programmes.has(programme);
  return isUnknown ? [{ pointer: '/programme', detail: 'is not a known programme' }] : [];
}
