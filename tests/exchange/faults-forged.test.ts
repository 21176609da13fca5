import { openExchangeKeys, rotateKeyFile } from '@mra/exchange';
import type { SigningKey } from '@mra/exchange-protocol';
import { type CompactJWSHeaderParameters, CompactSign, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type BothWays, startBothWays } from './fixtures/both-ways.ts';
import { deliver, holdDeliveries, isPush, readToken, tokensIn } from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import type { FaultNode } from './fixtures/fault-nodes.ts';
import type { Answer } from './fixtures/fault-proxy.ts';
import { eventually, versionsOf } from './fixtures/in-step.ts';

/** Events that the sender has not sent, or should not have, between deployments that are processes of their own. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

let eu: BothWays['eu'];
let jp: BothWays['jp'];
let directions: BothWays['directions'];
beforeAll(async () => {
  ({ eu, jp, directions } = await startBothWays({ cadenceSeconds: 60 }));
});

const keyOf = async ({ env }: FaultNode): Promise<SigningKey> =>
  (await openExchangeKeys({ file: `${env.DATA_DIR}/exchange-keys.json`, generate: false })).signingKey();

type Claims = Record<string, unknown> & { readonly events: Record<string, { record?: Record<string, unknown> }> };

/** What a token says, with other claims, signed again. */
async function signAgain(compact: string, { key, kid, alg }: SigningKey, change: (claims: Claims) => object) {
  const header = { ...decodeProtectedHeader(compact), kid, alg } as CompactJWSHeaderParameters;
  const claims = JSON.parse(Buffer.from(compact.split('.')[1] ?? '', 'base64url').toString());
  return new CompactSign(Buffer.from(JSON.stringify(change(claims)))).setProtectedHeader(header).sign(key);
}

const unsigned = (compact: string): string =>
  `${Buffer.from(JSON.stringify({ typ: 'secevent+jwt', alg: 'none' })).toString('base64url')}.${compact.split('.')[1]}.`;

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

  /** Whatever an answer about a member depends on, and how far the stream was received. */
  async function registry(): Promise<string> {
    const tables = ['membership', 'membership_record', 'membership_status', 'membership_consent', 'membership_doubt'];
    const all = [...tables, 'membership_identifier', 'copy', 'quarantine', 'inbound_event'].map(async (table) => {
      const { rows } = await jp.database.asOwner(`select t::text from ${table} t order by 1`);
      return rows;
    });
    const { rows } = await jp.database.asOwner('select last_applied from inbound_stream');
    return JSON.stringify([await Promise.all(all), rows]);
  }

  const errorOf = ({ status, body }: Answer) => [status, JSON.parse(String(body)).err];

  /** Holds a true event, sends forged ones before it, and lets it pass. */
  async function forge(forged: (compact: string) => Promise<readonly (readonly [string, string])[]>): Promise<void> {
    const number = numberOf('EU');
    const pushes = jp.proxy.hold('request', (one) => isPush(one) && readToken(one.body.toString()).number === number);
    await eu.put(number);
    const held = await pushes.next();
    const [compact = ''] = tokensIn(held);
    const before = await registry();
    try {
      for (const [code, body] of await forged(compact)) {
        expect(errorOf(await held.forward(body))).toEqual([400, code]);
        expect(await registry()).toBe(before);
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
