import type { SigningKey } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { Actor, Database, NetworkCache } from '@mra/registry';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import type { OutboxBell } from './outbound/outbox-bell.ts';
import type { Partner } from './partners.ts';

/** What everything of the exchange works with; made once by a process. */
export interface Exchange {
  readonly db: Database;
  readonly networks: NetworkCache;
  /** This deployment as transmitter and receiver: `iss` of its events, `aud` of those it takes; a URL without a slash at its end. */
  readonly issuer: string;
  readonly keys: ExchangeKeys;
  /** The keys with which a partner may sign: fetched from its registered address, or pinned. Never from a message. */
  readonly keysOf: (partner: Partner) => JWTVerifyGetKey;
  readonly client: PartnerClient;
  /** Rings when events were committed; without it whoever waits for them looks once a second. */
  readonly outbox?: OutboxBell;
  readonly log: ExchangeLog;
  readonly now: () => Instant;
}

/** The keys of this deployment. */
export interface ExchangeKeys {
  /** What events and assertions are signed with now. */
  signingKey(): Promise<SigningKey>;
  /** Public keys: the one in use, those to come and those that are being rotated out. */
  jwks(): Promise<JSONWebKeySet>;
}

export interface PartnerRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly body?: string;
  /** Of the body; `application/json` when left out. */
  readonly contentType?: string;
  readonly accept?: string;
  /** BCP 47: of what stands in the body for people to read. */
  readonly contentLanguage?: string;
  /** Of what is answered for people to read. */
  readonly acceptLanguage?: string;
  /** In place of an access token of ours: the header that the partner gave for its push endpoint. */
  readonly authorization?: string;
  readonly timeoutMs?: number;
  /** Longer answers are cut off there; 1 MiB when left out. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface PartnerResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Calls a partner's endpoint as this deployment, with an access token of scope `exchange`. Follows no redirects. */
export interface PartnerClient {
  /** @throws PartnerUnreachable when no answer came */
  send(partner: Partner, request: PartnerRequest): Promise<PartnerResponse>;
  /** An answer whose body is read as a stream: files of snapshots. @throws PartnerUnreachable */
  open(
    partner: Partner,
    request: Omit<PartnerRequest, 'maxBytes'>,
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly body: ReadableStream<Uint8Array> | null }>;
}

/** No answer came: refused, cut, timed out, or no access token could be had. Its message has no secrets. */
export class PartnerUnreachable extends Error {
  override readonly name = 'PartnerUnreachable';
}

export interface ExchangeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The exchange itself, at work for all partners. */
export const EXCHANGE_ACTOR: Actor = { client: 'exchange', administration: null, copies: true, exchange: true };
