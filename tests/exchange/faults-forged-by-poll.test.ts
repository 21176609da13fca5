import { rotateKeyFile } from '@mra/exchange';
import { decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type BothWays, startBothWays } from './fixtures/both-ways.ts';
import { isPoll, readToken, tokensIn } from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import { keyOf, registryOf, signAgain, unsigned } from './fixtures/forging.ts';
import { eventually, expectInStep, versionsOf } from './fixtures/in-step.ts';
import { alter, cutShort } from './tamper.ts';

/** What somebody between two deployments puts in place of the events of an answer to a poll. Each is a process of its own. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

let eu: BothWays['eu'];
let jp: BothWays['jp'];
let directions: BothWays['directions'];
beforeAll(async () => {
  // So long that no heartbeat changes what is compared.
  ({ eu, jp, directions } = await startBothWays({ cadenceSeconds: 3600 }));
});

type Forge = (compact: string) => string | Promise<string>;

/** By what it is: the error that is told of it, and how it is made of the true event. */
const FORGERIES: Readonly<Record<string, readonly [code: string, forge: Forge]>> = {
  // These two the sender takes for settled, so that the true event is asked for: ever later, the more forgeries there were.
  'another one than its name says': [
    'invalid_request',
    async (compact) => signAgain(compact, await keyOf(jp), (claims) => ({ ...claims, jti: 'another' })),
  ],
  'cut short': ['invalid_request', cutShort],
  'signed by none': ['invalid_key', unsigned],
  'signed with the key of another': ['invalid_key', async (compact) => signAgain(compact, await keyOf(eu), same)],
  'altered under the old signature': ['invalid_key', alter],
  'addressed to another': [
    'invalid_audience',
    async (compact) => signAgain(compact, await keyOf(jp), (claims) => ({ ...claims, aud: 'https://us.test' })),
  ],
  'issued in another’s name': [
    'invalid_issuer',
    async (compact) => signAgain(compact, await keyOf(jp), (claims) => ({ ...claims, iss: 'https://us.test' })),
  ],
};
const same = (claims: object): object => claims;

interface Poll {
  readonly setErrs?: Readonly<Record<string, { readonly err: string }>>;
}

/** What the EU has said of an event with its polls. */
const errorsTold = (jti: string): readonly string[] =>
  jp.proxy.arrivals.filter(isPoll).flatMap(({ body }) => {
    const { setErrs = {} } = JSON.parse(body.toString()) as Poll;
    return setErrs[jti]?.err ?? [];
  });

/** Lets nothing but the forged event arrive until the EU has said what is wrong with it, and then the true one. */
async function expectRefused(code: string, forge: Forge): Promise<void> {
  const number = numberOf('JP');
  const told = new Set<string>();
  const before = await registryOf(eu);
  const forging = jp.proxy.rule(
    'answer',
    (passing) => tokensIn(passing).some((token) => readToken(token).number === number),
    async ({ answer, reply }) => {
      const { sets, ...rest } = JSON.parse(String(answer?.body)) as { sets: Record<string, string> };
      const forged = Object.entries(sets).map(async ([jti, compact]) => {
        told.add(jti);
        return [jti, await forge(compact)] as const;
      });
      const body = JSON.stringify({ ...rest, sets: Object.fromEntries(await Promise.all(forged)) });
      reply({ status: 200, headers: answer?.headers ?? {}, body });
    },
  );
  try {
    await jp.put(number);
    await eventually(() => expect([...told].flatMap(errorsTold)).toContain(code));
    expect(told.size).toBe(1);
    // Left unanswered twice, since it might have been damaged on its way.
    expect(forging.hits.length).toBeGreaterThanOrEqual(3);
    expect(await registryOf(eu)).toBe(before);
    expect(await eu.ask(number)).toMatchObject({ outcome: 'not_recognised', reason: 'UNKNOWN_TRADER' });
  } finally {
    forging.end();
  }
  expect(new Set([...told].flatMap(errorsTold))).toEqual(new Set([code]));
  await eventually(async () => expect(await eu.ask(number)).toMatchObject({ outcome: 'recognised' }));
  expect(await versionsOf(eu.database, number)).toBe(1);
  await expectInStep(directions.poll);
  const { reports } = await eu.partner('JP');
  expect(reports.map(({ kind, detail }) => [kind, (detail as { err?: string }).err])).toContainEqual([
    'set_refused',
    code,
  ]);
}

describe('in place of the true event', () => {
  test.each(Object.keys(FORGERIES))('%s: refused without effect, and the true one follows', async (name) => {
    await expectRefused(...(FORGERIES[name] as (typeof FORGERIES)[string]));
  });

  test('signed with a key that was rotated out', async () => {
    const old = await keyOf(jp);
    const now = new Date().toISOString();
    await rotateKeyFile(`${jp.env.DATA_DIR}/exchange-keys.json`, { now, leadSeconds: 0, overlapSeconds: 0 });
    await eventually(async () => {
      const published = await (await fetch(`${jp.proxy.url}/.well-known/jwks.json`)).text();
      expect(published).not.toContain(old.kid);
    });
    // What it fetched before, it would go on using for a while.
    await eu.killWorker();
    await eu.startWorker();
    const kids = new Set<unknown>();
    await expectRefused('invalid_key', (compact) => {
      kids.add(decodeProtectedHeader(compact).kid);
      return signAgain(compact, old, same);
    });
    expect(kids).not.toContain(old.kid);
  });
});
