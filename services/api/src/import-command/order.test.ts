import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOrder } from './order.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mra-import-'));
  for (const name of ['list.csv', 'list.NDJSON', 'list.jsonl', 'list.txt']) await writeFile(join(folder, name), 'x\n');
});
afterAll(() => rm(folder, { recursive: true }));

const read = (args: readonly string[], env: NodeJS.ProcessEnv = { TOKEN: 't' }) =>
  readOrder(
    args.map((arg) => arg.replace('@', `${folder}/`)),
    env,
  );

describe('an order', () => {
  test('names the file, what it is and where it goes', async () => {
    expect(await read(['@list.csv', '--programme', 'eu-aeo'])).toEqual({
      file: `${folder}/list.csv`,
      size: 2,
      mediaType: 'text/csv',
      url: new URL('http://127.0.0.1:3000/v1/imports?programme=eu-aeo&mode=delta'),
      token: 't',
    });
    const full = await read([
      ...['--programme', 'eu-aeo', '--mode', 'full', '--allow-removals', '12', '--token', 'other'],
      ...['--url', 'https://registry.example/base/', '@list.NDJSON'],
    ]);
    expect(full).toMatchObject({ mediaType: 'application/x-ndjson', token: 'other' });
    expect(full.url.href).toBe('https://registry.example/base/v1/imports?programme=eu-aeo&mode=full&allowRemovals=12');
    expect((await read(['@list.jsonl', '--programme', 'eu-aeo'])).mediaType).toBe('application/x-ndjson');
  });

  test('without a token, the development issuer signs one, for operations', async () => {
    const { token } = await read(['@list.csv', '--programme', 'eu-aeo'], { DATA_DIR: folder });
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      scope: 'operations',
    });
  });

  test.each([
    [['--programme', 'eu-aeo'], 'one file is to be named'],
    [['@list.csv', '@list.csv', '--programme', 'eu-aeo'], 'one file is to be named'],
    [['@list.txt', '--programme', 'eu-aeo'], 'is neither .csv nor .ndjson'],
    [['@none.csv', '--programme', 'eu-aeo'], 'there is no file'],
    [['@list.csv'], '--programme is missing'],
    [['@list.csv', '--programme', 'eu-aeo', '--url', 'ftp://x'], '--url is an address'],
    [['@list.csv', '--program', 'eu-aeo'], "Unknown option '--program'"],
  ])('%j is refused', async (args, message) => {
    await expect(read(args)).rejects.toThrow(message);
  });

  test('production has no development issuer', async () => {
    await expect(read(['@list.csv', '--programme', 'eu-aeo'], { NODE_ENV: 'production' })).rejects.toThrow(
      'a token is needed',
    );
  });
});
