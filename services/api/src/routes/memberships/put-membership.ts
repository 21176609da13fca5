import { Membership, MembershipParams, MembershipRecord, problem, type WellFormed, wellFormed } from '@mra/contracts';
import { type Caller, type HttpApp, json, problems } from '@mra/http';
import type { ProgrammeTerms } from '@mra/recognition';
import { readMembership, writeMemberships } from '@mra/registry';
import { checkRecord, type Findings } from '../../check-record.ts';
import type { Dependencies } from '../../dependencies.ts';
import { answerExamples, examples } from '../../examples.ts';
import { instantOf, toRecord } from '../../record-mapping.ts';
import { checkAuthority, checkIfMatch, ETag, WriteHeaders, write } from '../../write.ts';
import { wrongFields } from '../../wrong-fields.ts';
import { findProgramme } from './find-programme.ts';
import { toMembership } from './to-membership.ts';

export function putMembership(app: HttpApp, dependencies: Dependencies): void {
  const answer = { headers: { etag: ETag }, examples: answerExamples('putMembership') };
  app.put(
    '/v1/programmes/:programme/memberships/:number',
    {
      config: {
        access: { scopes: ['registry:write'] },
        alsoWrong: async ({ params, body, caller }) => {
          const sent = { ...wellFormed(MembershipParams, params), record: wellFormed(MembershipRecord, body) };
          return sent.programme === undefined ? [] : (await judge(dependencies, caller, sent.programme, sent)).errors;
        },
      },
      schema: {
        operationId: 'putMembership',
        summary: 'Create or replace a membership',
        description:
          'Its creation is the `granted` event at `validFrom`. Replacing corrects the record for its whole validity, known from now on: what was ' +
          'known before stays readable with `knownAt`. Status changes are not written here but as events, and stay in force when the record is replaced. ' +
          'Consent that was given or withdrawn by events is then as the new record says, from now on, if that says something else than the one ' +
          'before: events that say so are added to the history.',
        tags: ['memberships'],
        params: MembershipParams,
        headers: WriteHeaders,
        body: { content: { 'application/json': { schema: MembershipRecord, examples: examples.memberships } } },
        response: {
          200: json(Membership, 'Replaced, or already so.', answer),
          201: json(Membership, 'Created.', answer),
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
      const record = toRecord(body);
      const sent = { number: params.number, record: body };
      const { programme, errors, warnings } = await judge(dependencies, caller, params.programme, sent);
      if (errors.length > 0) throw wrongFields(errors);
      return write(dependencies, request, reply, { administration: programme.administration }, async (recording) => {
        const asKnown = { ...params, at: recording.recordedAt, knownAt: recording.recordedAt };
        checkIfMatch(request, (await readMembership(recording.tx, asKnown))?.version ?? null);
        const [result] = await writeMemberships(recording, await dependencies.networks.current(recording.tx), [
          { programme, number: params.number, record, events: [], source: null },
        ]);
        if (result?.outcome === 'refused') throw problem('TRANSITION_NOT_ALLOWED', { detail: result.detail });
        if (result?.outcome === 'not_authoritative') throw problem('NOT_AUTHORITATIVE');
        const written = await readMembership(recording.tx, asKnown);
        if (written === undefined) throw new Error('a membership just written cannot be read');
        const status = result?.outcome === 'created' ? 201 : 200;
        return { status, version: written.version, body: toMembership(written, warnings) };
      });
    },
  );
}

/**
 * What a record of a programme, or what is well-formed of one, says that is not borne out.
 * @throws NOT_FOUND, WRONG_ADMINISTRATION, NOT_AUTHORITATIVE
 */
async function judge(
  dependencies: Pick<Dependencies, 'networks' | 'now' | 'isLocal'>,
  caller: Caller,
  id: string,
  { number, record }: { readonly number?: string | undefined; readonly record: WellFormed<MembershipRecord> },
): Promise<Findings & { readonly programme: ProgrammeTerms }> {
  const network = await dependencies.networks.current();
  const now = dependencies.now();
  const programme = findProgramme(network, id, record.validFrom === undefined ? now : instantOf(record.validFrom));
  checkAuthority(dependencies, caller, programme.administration);
  const { errors, warnings } = checkRecord(network, programme, number, record, now.slice(0, 10));
  return { programme, errors: errors.map(inPath), warnings: warnings.map(inPath) };
}

/** The number is a field of an import line, and here a part of the path. */
const inPath = <Finding extends { readonly pointer: string }>(finding: Finding): Finding =>
  finding.pointer === '/number' ? { ...finding, pointer: '/path/number' } : finding;
