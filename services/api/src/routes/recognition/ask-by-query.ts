import { Answer, QuestionQuery } from '@mra/contracts';
import { asMade, type HttpApp, json } from '@mra/http';
import type { Answers } from '../../answers.ts';
import { answerExamples } from '../../examples.ts';

export function askByQuery(app: HttpApp, answers: Answers): void {
  app.get(
    '/v1/recognition',
    {
      config: { access: { scopes: ['recognition:read'] }, alsoWrong: ({ query }) => answers.errorsOf(query) },
      serializerCompiler: asMade,
      schema: {
        operationId: 'askRecognitionByQuery',
        summary: 'Is this trader recognised? The question in the query string',
        description:
          '"Not recognised" is an answer, not an error. The identifier is part of the address: where access logs are kept, ask with POST.',
        tags: ['recognition'],
        querystring: QuestionQuery,
        response: {
          200: json(Answer, 'The answer, with its reasons.', { examples: answerExamples('askRecognition') }),
        },
      },
    },
    async (request) => {
      const answer = await answers.one(request.query, request.caller, request.replica);
      request.outcome = answer.outcome;
      request.reason = answer.reason;
      return answer;
    },
  );
}
