import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createExchange,
  type Exchange,
  type ExchangeKeys,
  type ExchangeOptions,
  openExchangeKeys,
  type Partner,
  registerPartners,
  rotateKeyFile,
} from '@mra/exchange';
import { createLogger } from '@mra/http';
import { afterAll } from 'vitest';
import type { TestDatabase } from './database.ts';

/** Keys as a deployment has them, in a file of their own that goes when the tests of the file are over. */
export interface TestKeys extends ExchangeKeys {
  readonly file: string;
}

export async function createTestKeys(alg: 'EdDSA' | 'ES256' = 'EdDSA'): Promise<TestKeys> {
  const folder = await mkdtemp(join(tmpdir(), 'mra-test-keys-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'exchange-keys.json');
  const keys = await openExchangeKeys({ file, generate: true });
  if (alg === 'EdDSA') return { ...keys, file };
  // The first key is an Ed25519 one; its successor takes over at once.
  await rotateKeyFile(file, { now: new Date().toISOString(), alg, leadSeconds: 0, overlapSeconds: 0 });
  return { ...(await openExchangeKeys({ file, generate: false })), file };
}

/** A partner as registered here: everything but its code has a default, and no keys are the default keys. */
export const aPartner = (partner: Partial<Partner> & Pick<Partner, 'code'>): Partner => ({
  administrations: [partner.code],
  actsAs: 'EU',
  issuer: `https://${partner.code.toLowerCase()}.test`,
  jwksUrl: null,
  jwks: { keys: [] },
  tokenEndpoint: null,
  clientId: null,
  pushOrigins: [new URL(partner.issuer ?? `https://${partner.code.toLowerCase()}.test`).origin],
  receiveBy: 'poll',
  cadenceSeconds: 3600,
  ...partner,
});

export interface TestExchange {
  readonly exchange: Exchange;
  readonly keys: ExchangeKeys;
  /** The partners by code, each with the keys that are pinned for it here. */
  readonly partners: Readonly<Record<string, { readonly partner: Partner; readonly keys: ExchangeKeys }>>;
  /** Lines of the log, parsed. */
  readonly log: Record<string, unknown>[];
}

export interface TestExchangeOptions extends Partial<Omit<ExchangeOptions, 'db' | 'networks' | 'keys'>> {
  /** Registered, each with keys of its own unless it brings `jwks` or `jwksUrl`. */
  readonly partners: readonly (Partial<Partner> & Pick<Partner, 'code'>)[];
  readonly keys?: ExchangeKeys;
}

/** A real exchange on a test database: keys, partners with pinned keys, a client that calls. */
export async function createTestExchange(
  database: Pick<TestDatabase, 'db' | 'networks'>,
  { partners: given, keys = undefined, ...options }: TestExchangeOptions,
): Promise<TestExchange> {
  const partners = await Promise.all(
    given.map(async (one) => {
      const own = await createTestKeys();
      const isPinned = one.jwks === undefined && one.jwksUrl === undefined;
      const partner = aPartner({
        ...one,
        ...(isPinned && { jwks: await own.jwks() }),
        ...(one.jwksUrl && { jwks: null }),
      });
      return { partner, keys: own };
    }),
  );
  await registerPartners(
    database.db,
    partners.map(({ partner }) => partner),
  );
  const log: Record<string, unknown>[] = [];
  const ours = keys ?? (await createTestKeys());
  const exchange = createExchange({
    db: database.db,
    networks: database.networks,
    issuer: 'https://eu.test',
    keys: ours,
    log: createLogger('info', { write: (line) => void log.push(JSON.parse(line)) }),
    isProduction: false,
    ...options,
  });
  return { exchange, keys: ours, partners: Object.fromEntries(partners.map((one) => [one.partner.code, one])), log };
}
