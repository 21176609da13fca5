import { Readable } from 'node:stream';
import { BatchAnswer, BatchItemAnswer, BatchRequest, Question } from '@mra/contracts';
import { type HttpApp, ndjson } from '@mra/http';
import type { Answers } from '../../answers.ts';
import { answerExamples, examples } from '../../examples.ts';
import { answerBatch } from './answer-batch.ts';
import { answerLines } from './answer-lines.ts';

/** 10,000 questions of the longest kind; NDJSON is not held and has no limit. */
const BATCH_BYTES = 16 * 1_048_576;

/** A stream of questions may take as long as a request may take to arrive (an hour), and its last answers as long again. */
const STREAM_MS = 2 * 3_600_000;

export function askBatch(app: HttpApp, answers: Answers): void {
  app.post(
    '/v1/recognition/batch',
    {
      config: { access: { scopes: ['recognition:read'] } },
      bodyLimit: BATCH_BYTES,
      handlerTimeout: STREAM_MS,
      schema: {
        operationId: 'askRecognitionBatch',
        summary: 'Many questions at once',
        description:
          'Answers come in question order, one each. A bad question gets its own `outcome: "invalid"` with its errors and never fails its ' +
          'neighbours. As `application/x-ndjson`, one question a line without limit of number, answers are streamed while questions arrive.',
        tags: ['recognition'],
        body: {
          description: '1 to 10,000 questions as JSON, or any number as NDJSON.',
          content: {
            'application/json': { schema: BatchRequest, examples: examples.batches },
            'application/x-ndjson': {
              schema: ndjson(Question, 'One question a line.'),
              examples: examples.questionLines,
            },
          },
        },
        response: {
          200: {
            description: 'One answer for each question, in order; in the media type of the request.',
            content: {
              'application/json': { schema: BatchAnswer, examples: answerExamples('askRecognitionBatch') },
              'application/x-ndjson': {
                schema: ndjson(BatchItemAnswer, 'One answer a line.'),
                examples: answerExamples('askRecognitionLines'),
              },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { body, caller, replica } = request;
      if (body instanceof Readable) {
        reply.type('application/x-ndjson');
        return reply.send(answerLines(body, (items) => answers.many(items, caller, replica)));
      }
      const answered = await answerBatch(body.questions, (items) => answers.many(items, caller, replica));
      request.outcome = `${body.questions.length} answered`;
      return reply.type('application/json; charset=utf-8').send(answered as never);
    },
  );
}
