import { Agreement, AgreementBody, AgreementParams, completeAgreement, wellFormed } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import type { Day, Instant } from '@mra/recognition';
import {
  type AgreementDocument,
  putAgreements,
  type Recorded,
  readAgreements,
  readAgreementTerms,
} from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { ETag, WriteHeaders, write } from '../../write.ts';
import { checkAgreement, effectOf } from './check-agreement.ts';
import { answerExample, bodyExample } from './examples.ts';
import { inOrder, isKnown, putTerms, refuseErrors, type SentTerms } from './put-terms.ts';
import { toAgreement } from './to-wire.ts';

export function putAgreement(app: HttpApp, dependencies: Dependencies): void {
  const headers = { etag: ETag };
  const examples = answerExample('getAgreement');
  app.put(
    '/v1/agreements/:agreement',
    {
      config: {
        access: { scopes: ['network:write'] },
        alsoWrong: async ({ params, body }) => {
          const { agreement } = wellFormed(AgreementParams, params);
          return checkAgreement(await dependencies.networks.current(), agreement, wellFormed(AgreementBody, body));
        },
      },
      schema: {
        operationId: 'putAgreement',
        summary: 'Create or replace the terms of an agreement, with all its rules',
        description:
          'With `effectiveFrom` the terms hold from then on and earlier terms stay; without it they correct the terms for all time. ' +
          'Answers as known earlier stay either way. The same body again changes nothing.',
        tags: ['network'],
        params: AgreementParams,
        headers: WriteHeaders,
        body: { content: { 'application/json': { schema: AgreementBody, examples: bodyExample('getAgreement') } } },
        response: {
          200: json(Agreement, 'Replaced, or already as sent: the terms from `effectiveFrom` on.', {
            headers,
            examples,
          }),
          201: json(Agreement, 'Created.', { headers, examples }),
          ...problems('VALIDATION_FAILED', 'PRECONDITION_FAILED', 'IDEMPOTENCY_KEY_REUSED'),
        },
      },
    },
    async (request, reply) => {
      const { body, caller } = request;
      const id = request.params.agreement;
      const from = effectOf(body);
      return write(dependencies, request, reply, { administration: caller.administration }, async (recording) => {
        const { tx, recordedAt } = recording;
        refuseErrors(checkAgreement(await dependencies.networks.current(tx), id, body));
        const sent = sentTerms(id, body, from, await readAgreementTerms(tx, id), recordedAt);
        const put = () => putAgreements(recording, [sent.document], from);
        const read = () => readAgreements(tx, { at: from ?? recordedAt, id });
        return putTerms(request, sent, put, read, toAgreement);
      });
    },
  );
}

/** Terms that name no review day were reviewed today, unless they are sent once more as they are known. */
function sentTerms(
  id: string,
  body: AgreementBody,
  from: Instant | null,
  known: readonly Recorded<AgreementDocument>[],
  recordedAt: Instant,
): SentTerms<AgreementDocument> {
  const reviewedOn = (day: Day): SentTerms<AgreementDocument> => {
    const { rules, ...terms } = completeAgreement(body, day);
    return { document: { id, ...terms, rules: inOrder(rules, (rule) => rule.id) }, from, known };
  };
  const today = recordedAt.slice(0, 10);
  const again = reviewedOn(known.at(-1)?.reviewedOn ?? today);
  return isKnown(again) ? again : reviewedOn(today);
}
