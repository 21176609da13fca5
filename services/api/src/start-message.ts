import { isIPv6 } from 'node:net';

/** What a newcomer needs to follow the README from its first question to a suspension. */
export const NEWCOMER = {
  scope: 'recognition:read registry:read registry:write network:write operations',
  administration: 'EU',
  ttlSeconds: 12 * 3600,
} as const;

/** Members of db/seeds/demo; answers that hold on any day. */
const RECOGNISED = { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter' };
const TYPE_NOT_COVERED = { recogniser: 'JP', identifier: 'DEAEOC00012346', role: 'exporter' };
const NO_AGREEMENT = { recogniser: 'KR', identifier: 'DEAEOF00012345', role: 'exporter' };

/** The address at which the service is reached from this machine. */
export function addressOf(host: string, port: number): string {
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`;
}

/**
 * What a start prints for a person: the address of Swagger UI and, with a token, three questions to paste into sh, bash or zsh. The
 * comments hold nothing that an interactive zsh, which takes them for commands, would expand.
 */
export function startMessage(address: string, token: string | null): string {
  const docs = `Swagger UI: ${address}/docs`;
  if (token === null) return `${docs}\n`;
  // Each line works alone, so the token stands in each.
  const authorisation = `-H "Authorization: Bearer ${token}"`;
  const ask = (question: Record<string, string>) =>
    `curl -sS -w '\\n' ${authorisation} "${address}/v1/recognition?${new URLSearchParams(question)}"`;
  const questions = JSON.stringify({ questions: [RECOGNISED, TYPE_NOT_COVERED, NO_AGREEMENT] });
  return [
    docs,
    '',
    '# A token for 12 hours, acting for the EU; for the README, or for Authorize of Swagger UI',
    `TOKEN=${token}`,
    '# A trader that Japan recognises',
    ask(RECOGNISED),
    '# One that it does not, with the reason TYPE_NOT_COVERED',
    ask(TYPE_NOT_COVERED),
    '# Three questions at once',
    `curl -sS -w '\\n' ${authorisation} -H "Content-Type: application/json" -d '${questions}' "${address}/v1/recognition/batch"`,
    '',
  ].join('\n');
}
