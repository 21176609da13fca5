import {
  buildSnapshot,
  createExchange,
  createOutboundStream,
  type Exchange,
  inExchange,
  type Partner,
  type PartnerClient,
  type PartnerRequest,
  pollStream,
  readRequestedSnapshots,
  receiveSets,
  registerPartners,
  replayEvents,
} from '@mra/exchange';
import { EVENT_TYPES, type PollRequest } from '@mra/exchange-protocol';
import { createLogger } from '@mra/http';
import { sql } from 'kysely';
import { as, createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aPartner, createTestKeys } from '../support/exchange.ts';
import { clearExchange } from './streams.ts';

/** A set in flight, as the transmitter signed it. */
export interface InFlight {
  readonly jti: string;
  readonly compact: string;
}

/** The EU sends, Japan receives; what goes between them goes through the hands of a test. */
export interface TwoNodes {
  readonly eu: Node;
  readonly jp: Node;
  /** Begins anew: no members, a new stream, nothing received. */
  reset(): Promise<void>;
  /** Asks the transmitter for outstanding events; what is acknowledged or refused is settled. */
  poll(request?: Partial<Pick<PollRequest, 'maxEvents' | 'ack' | 'setErrs'>>): Promise<readonly InFlight[]>;
  /** Gives events to the receiver, which says what it would acknowledge and what it refuses. */
  deliver(sets: readonly InFlight[], clockSkewSeconds?: number): Promise<Settlement>;
  /** The transmitter lets its partner hear from it. */
  heartbeat(): Promise<void>;
  /** Asks for events again from a `seq` on; false: they are gone. */
  askAgain(from: number): Promise<boolean>;
}

export interface Settlement {
  readonly ack: readonly string[];
  readonly setErrs: PollRequest['setErrs'];
  readonly askFrom: number | null;
}

interface Node {
  readonly database: TestDatabase;
  readonly api: TestApi;
  readonly exchange: Exchange;
  /** The other one, as registered here. */
  readonly partner: Partner;
}

export async function createTwoNodes(): Promise<TwoNodes> {
  const [eu, jp] = await createNodes();
  let streamId = '';
  const reset = async (): Promise<void> => {
    await clearExchange(eu.database);
    for (const table of [
      'copy',
      'quarantine',
      'membership_doubt',
      'exchange_report',
      'inbound_event',
      'snapshot_load',
    ]) {
      await jp.database.asOwner(`delete from ${table}`);
    }
    await jp.database.clear();
    const created = await createOutboundStream(eu.exchange, eu.partner, {
      events_requested: Object.values(EVENT_TYPES),
    });
    if (!created.ok) throw new Error(`no stream: ${created.reason}`);
    streamId = created.configuration.stream_id;
    // Nobody is a member yet: there is nothing to go through, and the receiver may begin at the first event.
    await eu.database.asOwner(
      `update stream set swept_to = null, sweep_is_silent = false, coverage = coverage_of(partner, now())`,
    );
    await jp.database.asOwner(
      `update inbound_stream
          set stream_id = $1, configuration = $2, last_applied = 0, newest_seq = 0, needs_snapshot = false, snapshot_reason = null,
              heard_at = null, last_error = null, failures = 0`,
      [streamId, JSON.stringify(created.configuration)],
    );
  };
  return {
    eu,
    jp,
    reset,
    poll: async ({ maxEvents = 100, ack = [], setErrs = {} } = {}) => {
      const request = { maxEvents, ack, setErrs, returnImmediately: true };
      const polled = await pollStream(eu.exchange, 'JP', streamId, request, { holdMs: 0 });
      if (!polled.ok) throw new Error(`not polled: ${polled.reason}`);
      return Object.entries(polled.response.sets).map(([jti, compact]) => ({ jti, compact }));
    },
    deliver: async (sets, clockSkewSeconds = 0) => {
      const now = () => new Date(Date.now() + clockSkewSeconds * 1000).toISOString();
      const { receipts, askFrom } = await receiveSets({ ...jp.exchange, now }, jp.partner, sets);
      const pairs = sets.map((set, place) => ({ ...set, receipt: receipts[place] }));
      return {
        ack: pairs
          .filter(({ receipt }) => ['accepted', 'duplicate', 'waiting'].includes(receipt?.outcome ?? ''))
          .map(({ jti }) => jti),
        setErrs: Object.fromEntries(
          pairs.flatMap(({ jti, receipt }) => (receipt?.error === undefined ? [] : [[jti, receipt.error] as const])),
        ),
        askFrom,
      };
    },
    heartbeat: async () => {
      await inExchange(eu.exchange.db, (tx) =>
        sql`select append_stream_event(${streamId}, 'verification', '{"state": null}', 'heartbeat')`.execute(tx),
      );
    },
    askAgain: async (from) => (await replayEvents(eu.exchange, 'JP', { streamId, from })).ok,
  };
}

async function createNodes(): Promise<[Node, Node]> {
  const codes = ['EU', 'JP'] as const;
  const issuer = (code: string) => `https://${code.toLowerCase()}.test`;
  const databases = await Promise.all(codes.map(() => createTestDatabase()));
  const keys = await Promise.all(codes.map(() => createTestKeys()));
  const apis = new Map<string, TestApi>();
  const nodes: Node[] = [];
  for (const [place, code] of codes.entries()) {
    const other = codes[1 - place] as string;
    const database = databases[place] as TestDatabase;
    const partner = aPartner({
      code: other,
      actsAs: code,
      issuer: issuer(other),
      jwks: (await keys[1 - place]?.jwks()) ?? { keys: [] },
    });
    await registerPartners(database.db, [partner]);
    const made = createExchange({
      db: database.db,
      networks: database.networks,
      issuer: issuer(code),
      keys: keys[place] as Exchange['keys'],
      log: createLogger('silent'),
      isProduction: false,
    });
    const exchange = {
      ...made,
      client: inProcess(
        () => apis.get(other),
        code,
        () => buildRequested(nodes[1 - place]),
      ),
    };
    const api = await createTestApi(database, { exchange, isLocal: (administration) => administration === code });
    apis.set(code, api);
    nodes.push({ database, api, exchange, partner });
  }
  return nodes as [Node, Node];
}

/** What its worker does when a snapshot was asked for. */
async function buildRequested(node: Node | undefined): Promise<void> {
  if (node === undefined) return;
  for (const id of await readRequestedSnapshots(node.exchange)) await buildSnapshot(node.exchange, id);
}

/** Calls the other's API without a network in between. */
function inProcess(api: () => TestApi | undefined, administration: string, build: () => Promise<void>): PartnerClient {
  const call = async ({ method, url, body, contentType = 'application/json' }: PartnerRequest) => {
    const { pathname, search } = new URL(url);
    const answer = await api()?.app.inject({
      method,
      url: `${pathname}${search}`,
      headers: {
        ...(await as(['exchange'], administration)),
        ...(body !== undefined && { 'content-type': contentType }),
      },
      ...(body !== undefined && { payload: body }),
    });
    if (answer === undefined) throw new Error('the other node is not there');
    if (method === 'POST' && pathname === '/exchange/snapshots') await build();
    const headers = new Headers(
      Object.entries(answer.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    );
    return { status: answer.statusCode, headers, bytes: answer.rawPayload };
  };
  return {
    send: async (_partner, request) => {
      const { bytes, ...answer } = await call(request);
      return { ...answer, body: bytes.toString() };
    },
    open: async (_partner, request) => {
      const { bytes, ...answer } = await call(request);
      return { ...answer, body: new Blob([new Uint8Array(bytes)]).stream() };
    },
  };
}
