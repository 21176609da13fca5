import type { BatchItemAnswer } from '@mra/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type OpenPost, openPost } from '../support/ndjson.ts';
import { decisionCases } from './case.ts';
import { body, expectAnswer } from './over-http.ts';
import { writeCase } from './write-case.ts';

/** A request that stays open from the first case to the last, while what it is about is written anew for each. */
interface Conversation {
  readonly post: OpenPost;
  /** The next answers, as they come. */
  read(count: number): Promise<readonly BatchItemAnswer[]>;
  /** What comes once no more is asked. */
  end(): Promise<string>;
}

let database: TestDatabase;
let api: TestApi;
let url: string;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await createTestApi(database);
  url = `${await api.app.listen({ port: 0, host: '127.0.0.1' })}/v1/recognition/batch`;
});

/** One for each administration that a caller acts for: brokers ask in one stream, an issuer in another. */
const conversations = new Map<string | undefined, Conversation>();
afterAll(async () => {
  const rests = await Promise.all([...conversations.values()].map((one) => one.end()));
  expect(rests).toEqual(rests.map(() => ''));
});

async function conversationOf(audience: string | undefined): Promise<Conversation> {
  const open = conversations.get(audience) ?? converse(await as(['recognition:read'], audience));
  conversations.set(audience, open);
  return open;
}

function converse(headers: Readonly<Record<string, string>>): Conversation {
  const post = openPost(url, headers);
  let text = '';
  const pieces = post.response.then((response) => {
    expect(response.statusCode).toBe(200);
    return response.setEncoding('utf8')[Symbol.asyncIterator]();
  });
  const more = async (): Promise<boolean> => {
    const { done, value } = await (await pieces).next();
    text += value ?? '';
    return done !== true;
  };
  return {
    post,
    async read(count) {
      while (text.split('\n').length <= count && (await more()));
      const lines = text.split('\n');
      text = lines.slice(count).join('\n');
      return lines.slice(0, count).map((line) => JSON.parse(line));
    },
    async end() {
      post.end();
      while (await more());
      return text;
    },
  };
}

describe('the decision cases in one NDJSON stream', () => {
  test.each(decisionCases.map((subject) => [subject.id, subject] as const))('%s', async (_, subject) => {
    const { question } = await writeCase(database, subject);
    const { post, read } = await conversationOf(subject.audience);
    const line = JSON.stringify(body(question));
    await post.write(`{"recogniser": "JP"}\n${line}\nnot JSON\n${line}\n`);
    const [bad, first, worse, second] = await read(4);
    expect([bad?.outcome, worse?.outcome]).toEqual(['invalid', 'invalid']);
    for (const answer of [first, second]) expectAnswer(subject, answer);
  });
});
