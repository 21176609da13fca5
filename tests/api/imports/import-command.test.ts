import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aToken, createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aLine, aList, csv, ndjson, numberOf } from './lists.ts';

const COMMAND = fileURLToPath(new URL('../../../services/api/src/import.ts', import.meta.url));

let folder: string;
let url: string;
let token: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mra-import-'));
  const { app } = await createTestApi(await createTestDatabase());
  url = await app.listen({ port: 0, host: '127.0.0.1' });
  token = await aToken(['registry:write'], { administration: 'JP' });
});
afterAll(() => rm(folder, { recursive: true }));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly complaints: string;
}

async function run(name: string, content: string, ...options: readonly string[]): Promise<Run> {
  const file = join(folder, name);
  await writeFile(file, content);
  const args = [COMMAND, file, '--programme', 'jp-aeo', '--url', url, ...options];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, TOKEN: token } }, (error, out, complaints) => {
      resolve({ code: Number((error as ExecFileException | null)?.code ?? 0), out, complaints });
    });
  });
}

describe('npm run import', () => {
  test('sends a list and prints the counts; quiet where nobody watches', async () => {
    expect(await run('list.ndjson', ndjson(aList(20)), '--mode', 'full')).toEqual({
      code: 0,
      out: 'received 20, created 20, updated 0, unchanged 0, ended 0, rejected 0\n',
      complaints: '',
    });
    const rows = [
      { number: numberOf(0), type: 'EXPORTER', validFrom: '2020-01-01', name: 'Invented Trading 0 K.K.' },
      { number: numberOf(1), type: 'NONE', validFrom: '2020-01-01', name: 'Invented Trading 1 K.K.' },
    ];
    expect(await run('list.csv', csv(rows, ['number', 'type', 'validFrom', 'name']))).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /^received 2, created 0, updated 0, unchanged 1, ended 0, rejected 1\nline 3: \d+ TYPE_UNKNOWN \/type is not a type of jp-aeo: .*\n$/,
      ),
    });
  });

  test('tells why a list was refused', async () => {
    const refused = await run('list.ndjson', ndjson(aList(2)), '--mode', 'full');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.complaints).toMatch(/^import: 409 REMOVALS_NOT_ALLOWED: .* lacks 18 of 20 members/);
    const allowed = await run('list.ndjson', ndjson(aList(2)), '--mode', 'full', '--allow-removals', '18');
    expect(allowed).toMatchObject({ code: 0, out: expect.stringContaining('ended 18') });
  });

  test('also when the service need not read to the end of a long list', async () => {
    const row = `${aLine(0).number},EXPORTER,2020-01-01,${'N'.repeat(200)}\n`;
    const { code, complaints } = await run('long.csv', `number,kind,validFrom,name\n${row.repeat(100_000)}`);
    expect(code).toBe(1);
    expect(complaints).toContain('import: 400 VALIDATION_FAILED');
    expect(complaints).toContain('list: column type is missing');
  });

  test('tells what is wrong with a CSV file in its own terms', async () => {
    const semicolons = await run('list.csv', 'number;type;validFrom;name\n1;EXPORTER;2020-01-01;Invented\n');
    expect(semicolons.complaints.split('\n').slice(1)).toEqual([
      'list: the header is one column: separate columns with commas',
      '',
    ]);
    const rows = [
      { number: numberOf(0), type: 'EXPORTER', validFrom: '2020-01-01', name: 'Invented', consent: 'ja' },
      { number: numberOf(1), type: 'EXPORTER', validFrom: '1.1.2020', name: 'Invented', consent: 'jp;us' },
    ];
    const { out } = await run('list.csv', csv(rows, ['number', 'type', 'validFrom', 'name', 'consent']));
    const consent = 'must be true, false, or partner codes separated by ;';
    expect(out.split('\n').slice(1)).toEqual([
      `line 2: ${numberOf(0)} VALIDATION_FAILED /consent ${consent}`,
      expect.stringMatching(
        new RegExp(
          `^line 3: ${numberOf(1)} VALIDATION_FAILED /validFrom must be a day, .*; also /consent: ${consent}$`,
        ),
      ),
      '',
    ]);
  });

  test('--help prints the usage, with every option', async () => {
    const { code, out, complaints } = await run('list.csv', '', '--help');
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    expect(out).toMatch(/^npm run import -- FILE --programme /);
    for (const option of ['programme', 'mode', 'allow-removals', 'url', 'token'])
      expect(out).toContain(`  --${option} `);
  });

  test('an empty list, a token that is none, a service that is not there', async () => {
    expect(await run('empty.ndjson', '')).toMatchObject({ code: 0, out: expect.stringContaining('received 0') });
    expect(await run('list.ndjson', ndjson(aList(1)), '--token', 'none')).toMatchObject({
      code: 1,
      complaints: expect.stringContaining('import: 401 UNAUTHENTICATED'),
    });
    expect(await run('list.ndjson', ndjson(aList(1)), '--url', 'http://127.0.0.1:9')).toMatchObject({
      code: 1,
      complaints: expect.stringMatching(/^import: http:\/\/127\.0\.0\.1:9 does not answer: /),
    });
    expect(await run('list.txt', '')).toMatchObject({ code: 1, complaints: expect.stringContaining('neither .csv') });
  });
});
