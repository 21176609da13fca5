import { LocalSuspensionParams, problem } from '@mra/contracts';
import { type HttpApp, noContent, problems } from '@mra/http';
import { countLocalSuspensions, endLocalSuspension } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { checkIfMatch, WriteHeaders, write } from '../../write.ts';
import { findMember, recogniserOf } from './find-member.ts';

export function deleteLocalSuspension(app: HttpApp, dependencies: Dependencies): void {
  app.delete(
    '/v1/local-suspensions/:programme/:number',
    {
      config: { access: { scopes: ['registry:write'] } },
      schema: {
        operationId: 'deleteLocalSuspension',
        summary: 'Give the benefits again, from now on',
        description: 'Ends what runs or is announced; the past stays as it was.',
        tags: ['memberships'],
        params: LocalSuspensionParams,
        headers: WriteHeaders,
        response: {
          204: noContent('Ended.'),
          ...problems(
            'NOT_FOUND',
            'CONFLICT',
            'WRONG_ADMINISTRATION',
            'NOT_AUTHORITATIVE',
            'PRECONDITION_FAILED',
            'IDEMPOTENCY_KEY_REUSED',
          ),
        },
      },
    },
    async (request, reply) => {
      const recogniser = recogniserOf(dependencies, request.caller);
      return write(dependencies, request, reply, { administration: recogniser, home: true }, async (recording) => {
        const member = await findMember(recording, request.params, recogniser);
        const version = await countLocalSuspensions(recording, member, recogniser);
        checkIfMatch(request, version === 0 ? null : version);
        const ended = await endLocalSuspension(recording, member, { recogniser, from: recording.recordedAt });
        if (!ended) throw problem('NOT_FOUND');
        return { status: 204, body: undefined };
      });
    },
  );
}
