import { sql } from 'kysely';
import type { Recording } from './recording.ts';

/** The answer to a write, as it is given again when the write is repeated with the same key. */
export interface KeptAnswer {
  readonly requestHash: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** By the database's clock, which also wrote the moment down. */
const isKept = sql<boolean>`(created_at > now() - interval '24 hours')`;

/** An idempotency key, and whose it is. Keys of different callers never meet. */
export interface CallersKey {
  /** What tells callers apart, of any form: a client may have tokens of several issuers, and act for several administrations. */
  readonly caller: string;
  readonly key: string;
}

/** The answer that a caller was given for a key; undefined when the key is new. Keys are kept for 24 hours. */
export async function findAnswer(
  { tx }: Pick<Recording, 'tx'>,
  { caller, key }: CallersKey,
): Promise<KeptAnswer | undefined> {
  const row = await tx
    .selectFrom('idempotency_key')
    .select(['request_hash', 'status', 'headers', 'body'])
    .where('client', '=', caller)
    .where('key', '=', key)
    .where(isKept)
    .executeTakeFirst();
  return (
    row && {
      requestHash: row.request_hash,
      status: row.status,
      headers: row.headers as Record<string, string>,
      body: row.body,
    }
  );
}

/** Keeps an answer in the transaction of its write, and forgets those older than a day. */
export async function keepAnswer(
  { tx }: Pick<Recording, 'tx'>,
  { caller, key }: CallersKey,
  answer: KeptAnswer,
): Promise<void> {
  await tx.deleteFrom('idempotency_key').where(sql<boolean>`not ${isKept}`).execute();
  await tx
    .insertInto('idempotency_key')
    .values({
      client: caller,
      key,
      request_hash: answer.requestHash,
      status: answer.status,
      headers: JSON.stringify(answer.headers),
      body: answer.body === undefined ? null : JSON.stringify(answer.body),
    })
    .execute();
}
