import { rotateKeyFile } from '@mra/exchange';
import { decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type BothWays, startBothWays } from './fixtures/both-ways.ts';
import { deliver, holdDeliveries, isPush, readToken, tokensIn } from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import type { FaultNode } from './fixtures/fault-nodes.ts';
import type { Answer } from './fixtures/fault-proxy.ts';
import { keyOf, registryOf, signAgain, unsigned } from './fixtures/forging.ts';
import { eventually, versionsOf } from './fixtures/in-step.ts';

/** Events that the sender has not sent, or should not have, between deployments that are processes of their own. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

let eu: BothWays['eu'];
let jp: BothWays['jp'];
let directions: BothWays['directions'];
beforeAll(async () => {
  ({ eu, jp, directions } = await startBothWays({ cadenceSeconds: 60 }));
});

/** The same event, about a member whose name has a megabyte. */
const withLongName = async (compact: string, sender: FaultNode): Promise<string> =>
  signAgain(compact, await keyOf(sender), ({ events, ...claims }) => {
    const changed = Object.entries(events).map(([type, payload]) => {
      const names = [{ name: 'x'.repeat(1_048_576), kind: 'legal', language: null }];
      return [type, { ...payload, record: { ...payload.record, names } }];
    });
    return { ...claims, events: Object.fromEntries(changed) };
  });

describe.each(['push', 'poll'] as const)('by %s', (by) => {
  test('1 MB of name is put aside with its reason, and the next member’s event is applied', async () => {
    const direction = directions[by];
    const { sender, receiver } = direction;
    const [long, next] = [numberOf(sender.code), numberOf(sender.code)];
    const deliveries = holdDeliveries(direction, long);
    await sender.put(long);
    const held = await deliveries.next();
    await sender.put(next);
    const about = (compact: string) => readToken(compact).number === long;
    const verdict = await deliver(direction, held, (one) => (about(one) ? withLongName(one, sender) : one));
    deliveries.end();
    expect(verdict.error).toBe('invalid_request');
    await verdict.pass();
    await eventually(async () => expect(await receiver.ask(next)).toMatchObject({ outcome: 'recognised' }));
    expect(await receiver.ask(long)).toMatchObject({ outcome: 'not_recognised', reason: 'UNKNOWN_TRADER' });
    const { data } = await receiver.call<{ data: Record<string, unknown>[] }>(
      'GET',
      `/v1/quarantine?partner=${sender.code}`,
    );
    expect(data.filter(({ number }) => number === long)).toMatchObject([{ code: 'SCHEMA_INVALID', state: 'open' }]);
    // The sender knows as well, and did not stop.
    await eventually(async () => {
      const { rows } = await sender.database.asOwner(
        `select outcome, error ->> 'err' as err from outbox where payload #>> '{record,number}' = $1`,
        [long],
      );
      expect(rows).toEqual([{ outcome: 'refused', err: 'invalid_request' }]);
    });
  });
});

describe('pushed in place of the true event, with the partner’s own access token', () => {
  const FORGERIES: Readonly<Record<string, [code: string, forge: (compact: string) => string | Promise<string>]>> = {
    'signed by none': ['invalid_key', unsigned],
    'addressed to another': [
      'invalid_audience',
      async (compact) => signAgain(compact, await keyOf(eu), (claims) => ({ ...claims, aud: 'https://us.test' })),
    ],
    'issued in another’s name': [
      'invalid_issuer',
      async (compact) => signAgain(compact, await keyOf(eu), (claims) => ({ ...claims, iss: 'https://us.test' })),
    ],
  };

  const errorOf = ({ status, body }: Answer) => [status, JSON.parse(String(body)).err];

  /** Holds a true event, sends forged ones before it, and lets it pass. */
  async function forge(forged: (compact: string) => Promise<readonly (readonly [string, string])[]>): Promise<void> {
    const number = numberOf('EU');
    const pushes = jp.proxy.hold('request', (one) => isPush(one) && readToken(one.body.toString()).number === number);
    await eu.put(number);
    const held = await pushes.next();
    const [compact = ''] = tokensIn(held);
    const before = await registryOf(jp);
    try {
      for (const [code, body] of await forged(compact)) {
        expect(errorOf(await held.forward(body))).toEqual([400, code]);
        expect(await registryOf(jp)).toBe(before);
      }
    } finally {
      pushes.end();
      await held.pass();
    }
    await eventually(async () => expect(await jp.ask(number)).toMatchObject({ outcome: 'recognised' }));
    expect(await versionsOf(jp.database, number)).toBe(1);
  }

  test.each(Object.keys(FORGERIES))('%s', async (name) => {
    const [code, make] = FORGERIES[name] as (typeof FORGERIES)[string];
    await forge(async (compact) => [[code, await make(compact)]]);
  });

  test('signed with a key that was rotated out', async () => {
    const old = await keyOf(eu);
    const now = new Date().toISOString();
    await rotateKeyFile(`${eu.env.DATA_DIR}/exchange-keys.json`, { now, leadSeconds: 0, overlapSeconds: 0 });
    await eventually(async () => {
      const published = await (await fetch(`${eu.proxy.url}/.well-known/jwks.json`)).text();
      expect(published).not.toContain(old.kid);
    });
    // What it fetched before, it would go on using for a while.
    await jp.killApi();
    await jp.startApi();
    await eventually(async () => {
      await eu.put(numberOf('EU'));
      const [last = ''] = jp.proxy.arrivals.filter(isPush).flatMap(tokensIn).slice(-1);
      expect(decodeProtectedHeader(last).kid).not.toBe(old.kid);
    });
    await forge(async (compact) => [['invalid_key', await signAgain(compact, old, (claims) => claims)]]);
  });
});
