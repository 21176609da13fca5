import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function runDemo(TMPDIR: string) {
  const { PATH = '', HOME = '' } = process.env;
  const options = { env: { PATH, HOME, TMPDIR } };
  return promisify(execFile)(process.execPath, ['services/exchange/src/demo.ts'], options).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stderr }) => ({ code: code as number, text: stderr as string }),
  );
}

test('npm run demo:exchange shows a suspension at one change the answer at the other, and leaves nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mra-demo-test-'));
  folders.push(folder);
  // Where root runs this, PostgreSQL is somebody else, who passes through.
  await chmod(folder, 0o711);
  const { code, text } = await runDemo(folder);
  expect(text).toMatch(/JP is asked about DEAEOF00012345, .*: recognised\nThe EU suspends it\.\n/);
  expect(text).toMatch(
    /JP is asked again: not_recognised, NOT_ACTIVE, \d+ ms after the EU confirmed the suspension\.\n$/,
  );
  expect(code).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});

test('what goes wrong is told, with exit code 1', async () => {
  expect(await runDemo(join(tmpdir(), 'no-such-folder'))).toEqual({
    code: 1,
    text: expect.stringMatching(/^demo: ENOENT/),
  });
});
