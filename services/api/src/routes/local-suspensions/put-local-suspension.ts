import { LocalSuspension, LocalSuspensionBody, LocalSuspensionParams } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { dayOrInstant, shortInstant } from '@mra/recognition';
import { countLocalSuspensions, putLocalSuspension as store } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { answerExamples, examples } from '../../examples.ts';
import { instantOf } from '../../record-mapping.ts';
import { checkIfMatch, ETag, WriteHeaders, write } from '../../write.ts';
import { wrongFields } from '../../wrong-fields.ts';
import { findMember, recogniserOf } from './find-member.ts';

export function putLocalSuspension(app: HttpApp, dependencies: Dependencies): void {
  app.put(
    '/v1/local-suspensions/:programme/:number',
    {
      config: { access: { scopes: ['registry:write'] } },
      schema: {
        operationId: 'putLocalSuspension',
        summary: "Suspend the benefits given to a partner's member",
        description:
          'By the administration the caller acts for, as recogniser; from now on where nothing is sent. Suspensions recorded for other periods stay, so this never gives benefits back: only DELETE does.',
        tags: ['memberships'],
        params: LocalSuspensionParams,
        headers: WriteHeaders,
        body: {
          content: {
            'application/json': { schema: LocalSuspensionBody.nullable(), examples: examples.localSuspensions },
          },
        },
        response: {
          200: json(LocalSuspension, 'Recorded.', {
            headers: { etag: ETag },
            examples: answerExamples('putLocalSuspension'),
          }),
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
      const { params } = request;
      const body = request.body ?? {};
      const recogniser = recogniserOf(dependencies, request.caller);
      return write(dependencies, request, reply, { administration: recogniser, home: true }, async (recording) => {
        const from = body.from === undefined ? recording.recordedAt : instantOf(body.from);
        const to = body.to == null ? null : instantOf(body.to);
        if (to !== null && to <= from) {
          throw wrongFields([{ pointer: '/to', detail: 'must be later than from' }]);
        }
        const member = await findMember(recording, params, recogniser);
        const version = await countLocalSuspensions(recording, member, recogniser);
        checkIfMatch(request, version === 0 ? null : version);
        const note = body.note ?? null;
        await store(recording, member, { recogniser, from, to, note });
        const answer = {
          programme: member.programme,
          number: member.number,
          recogniser,
          from: dayOrInstant(from),
          to: to && dayOrInstant(to),
          note,
          recordedAt: shortInstant(recording.recordedAt),
        };
        return { status: 200, version: version + 1, body: answer };
      });
    },
  );
}
