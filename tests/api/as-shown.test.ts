import { beforeAll, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../support/api.ts';
import { buildApiDocument, exampleUrlOf, operationsOf } from '../support/api-document.ts';
import { createTestDatabase } from '../support/database.ts';

const operations = new Map(operationsOf(await buildApiDocument()).map((one) => [one.operationId, one]));

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi(await createTestDatabase({ demo: true }));
});

/** An operation as Swagger UI sends it: what it fills in, an example of a body, a token for the EU as a start prints it. */
async function execute(id: string, example?: string): Promise<number> {
  const operation = operations.get(id);
  if (operation === undefined) throw new Error(`no operation ${id}`);
  const { method, requestBody } = operation;
  const body = requestBody?.content['application/json']?.examples?.[example ?? '']?.value;
  const headers = await as(['registry:read', 'registry:write'], 'EU');
  const { statusCode } = await api.app.inject({
    method: method as 'POST',
    url: exampleUrlOf(operation),
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  return statusCode;
}

test('what Swagger UI shows can be sent unchanged', async () => {
  expect(await execute('deleteLocalSuspension')).toBe(204);
  expect(await execute('putLocalSuspension', 'open')).toBe(200);
  expect(await execute('deleteLocalSuspension')).toBe(204);
  expect(await execute('postMembershipEvent', 'suspended')).toBe(201);
  expect(await execute('putMembership', 'asRecorded')).toBe(200);
});

test('and the trader of the start message stays recognised', async () => {
  const answer = await api.app.inject({
    url: '/v1/recognition?recogniser=JP&identifier=DEAEOF00012345&role=exporter',
    headers: await as(['recognition:read'], 'EU'),
  });
  expect(answer.json()).toMatchObject({ outcome: 'recognised' });
});
