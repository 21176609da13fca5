import {
  type FieldError,
  Membership,
  MembershipEvent,
  MembershipEventParams,
  problem,
  type WellFormed,
  wellFormed,
} from '@mra/contracts';
import { type Caller, type HttpApp, json, problems } from '@mra/http';
import type { ProgrammeTerms } from '@mra/recognition';
import { readMembership, writeMemberships } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { answerExamples, examples } from '../../examples.ts';
import { toEvent } from '../../record-mapping.ts';
import { checkAuthority, checkIfMatch, ETag, WriteHeaders, write } from '../../write.ts';
import { wrongFields } from '../../wrong-fields.ts';
import { findProgramme } from './find-programme.ts';
import { toMembership } from './to-membership.ts';

export function postMembershipEvent(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/v1/programmes/:programme/memberships/:number/events',
    {
      config: {
        access: { scopes: ['registry:write'] },
        alsoWrong: async ({ params, body, caller }) => {
          const { programme } = wellFormed(MembershipEventParams, params);
          const event = wellFormed(MembershipEvent, body);
          return programme === undefined ? [] : (await judge(dependencies, caller, programme, event)).errors;
        },
      },
      schema: {
        operationId: 'postMembershipEvent',
        summary: 'Record a change of status, type or consent',
        description:
          'Takes effect at `effectiveFrom` (now when left out; it may lie in the past or the future). A transition that the life cycle does not ' +
          'allow at that moment is 409 and changes nothing. Answers with the membership as it is now.',
        tags: ['memberships'],
        params: MembershipEventParams,
        headers: WriteHeaders,
        body: { content: { 'application/json': { schema: MembershipEvent, examples: examples.events } } },
        response: {
          201: json(Membership, 'Recorded: the membership as of now.', {
            headers: { etag: ETag },
            examples: answerExamples('postMembershipEvent'),
          }),
          ...problems(
            'NOT_FOUND',
            'WRONG_ADMINISTRATION',
            'NOT_AUTHORITATIVE',
            'TRANSITION_NOT_ALLOWED',
            'PRECONDITION_FAILED',
            'IDEMPOTENCY_KEY_REUSED',
          ),
        },
      },
    },
    async (request, reply) => {
      const { params, body, caller } = request;
      const { programme, errors } = await judge(dependencies, caller, params.programme, body);
      if (errors.length > 0) throw wrongFields(errors);
      return write(dependencies, request, reply, { administration: programme.administration }, async (recording) => {
        const asKnown = { ...params, at: recording.recordedAt, knownAt: recording.recordedAt };
        const present = await readMembership(recording.tx, asKnown);
        if (present === undefined) throw problem('NOT_FOUND');
        checkIfMatch(request, present.version);
        const [result] = await writeMemberships(recording, await dependencies.networks.current(recording.tx), [
          {
            programme,
            number: params.number,
            record: null,
            events: [toEvent(body, recording.recordedAt)],
            source: null,
          },
        ]);
        if (result?.outcome === 'refused') throw problem('TRANSITION_NOT_ALLOWED', { detail: result.detail });
        if (result?.outcome === 'not_authoritative') throw problem('NOT_AUTHORITATIVE');
        const written = await readMembership(recording.tx, asKnown);
        if (written === undefined) throw new Error('a membership just written cannot be read');
        return { status: 201, version: written.version, body: toMembership(written) };
      });
    },
  );
}

/**
 * What an event, or what is well-formed of one, says that no type of the programme bears out; whether the member's present type does is
 * for the life cycle to say.
 * @throws NOT_FOUND, WRONG_ADMINISTRATION, NOT_AUTHORITATIVE
 */
async function judge(
  dependencies: Pick<Dependencies, 'networks' | 'now' | 'isLocal'>,
  caller: Caller,
  id: string,
  { newType, component }: WellFormed<MembershipEvent>,
): Promise<{ readonly programme: ProgrammeTerms; readonly errors: readonly FieldError[] }> {
  const programme = findProgramme(await dependencies.networks.current(), id, dependencies.now());
  checkAuthority(dependencies, caller, programme.administration);
  const { types } = programme;
  const isType = types.some(({ code }) => code === newType);
  const isComponent = types.some(({ code, components }) => code === component || components.includes(component ?? ''));
  const errors = [
    ...(newType == null || isType ? [] : [{ pointer: '/newType', detail: `is not a type of ${id}` }]),
    ...(component == null || isComponent
      ? []
      : [{ pointer: '/component', detail: `is not a part of any type of ${id}` }]),
  ];
  return { programme, errors };
}
