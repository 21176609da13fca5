import { Answer, Question } from '@mra/contracts';
import { asMade, type HttpApp, json } from '@mra/http';
import type { Answers } from '../../answers.ts';
import { answerExamples, examples } from '../../examples.ts';

export function ask(app: HttpApp, answers: Answers): void {
  app.post(
    '/v1/recognition',
    {
      config: { access: { scopes: ['recognition:read'] }, alsoWrong: ({ body }) => answers.errorsOf(body) },
      serializerCompiler: asMade,
      schema: {
        operationId: 'askRecognition',
        summary: 'Is this trader recognised? The question as a body',
        description:
          '"Not recognised" is an answer, not an error: 200, with every condition of every rule that could apply.',
        tags: ['recognition'],
        body: { content: { 'application/json': { schema: Question, examples: examples.questions } } },
        response: {
          200: json(Answer, 'The answer, with its reasons.', { examples: answerExamples('askRecognition') }),
        },
      },
    },
    async (request) => {
      const answer = await answers.one(request.body, request.caller, request.replica);
      request.outcome = answer.outcome;
      request.reason = answer.reason;
      return answer;
    },
  );
}
