/**
 * `npm run import -- FILE --programme eu-aeo [--mode full|delta] [--allow-removals N] [--url http://127.0.0.1:3000] [--token …]`: sends a
 * list of members, CSV or NDJSON by its extension, and prints what became of it. The token may also be in `TOKEN`; without one, the
 * development issuer of `DATA_DIR` signs one. `--help` prints the usage. Exit code 0 when every line was applied, 1 otherwise.
 */
import { asksForHelp } from './asks-for-help.ts';
import { readOrder } from './import-command/order.ts';
import { createProgress } from './import-command/progress.ts';
import { report } from './import-command/report.ts';
import { sendList } from './import-command/send-list.ts';
import { USAGE } from './import-command/usage.ts';

async function importList(args: readonly string[]): Promise<void> {
  const order = await readOrder(args, process.env);
  const progress = createProgress(process.stderr, order.size);
  const answer = await sendList(order, progress).finally(() => progress.end());
  const { lines, complaints, isWhole } = report(answer);
  for (const line of lines) process.stdout.write(`${line}\n`);
  for (const line of complaints) process.stderr.write(`${line}\n`);
  if (!isWhole) process.exitCode = 1;
}

try {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) process.stdout.write(USAGE);
  else await importList(args);
} catch (error) {
  process.stderr.write(`import: ${(error as Error).message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
  process.exitCode = 1;
}
