import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const MODULE = join(import.meta.dirname, 'logging.ts');

/** The messages that reach the standard output of a process of its own, however it ends. */
function messagesOf(script: string): Promise<string[]> {
  const code = `import { createLogger } from ${JSON.stringify(MODULE)}; const log = createLogger('info'); ${script}`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '--eval', code], (_error, stdout) => {
      resolve(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).msg),
      );
    });
  });
}

test.each([
  ['ends by itself', "log.info('first'); setTimeout(() => log.info('second'), 20);", ['first', 'second']],
  ['exits at once', "log.info('first'); log.info('second'); process.exit(1);", ['first', 'second']],
  [
    'is killed after a fatal line',
    "log.info('first'); log.fatal('second'); process.kill(process.pid, 'SIGKILL');",
    ['first', 'second'],
  ],
])('nothing is lost of a process that %s', async (_how, script, messages) => {
  expect(await messagesOf(script)).toEqual(messages);
});

test('lines of two loggers stand in the order in which they were written', async () => {
  const script =
    "const other = createLogger('debug'); for (const name of 'abc') { log.info(name); other.debug(name); }";
  expect(await messagesOf(script)).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
});

test('what was logged before flush() comes before what is printed after it', async () => {
  const print = 'process.stdout.write(JSON.stringify({ msg: "printed" }) + "\\n");';
  const messages = await messagesOf(
    `setTimeout(() => { log.info('first'); log.info('second'); log.flush(); ${print} });`,
  );
  expect(messages).toEqual(['first', 'second', 'printed']);
});
