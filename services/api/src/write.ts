import { createHash } from 'node:crypto';
import { problem } from '@mra/contracts';
import type { Caller } from '@mra/http';
import {
  type Actor,
  type CallersKey,
  findAnswer,
  headOfLog,
  type KeptAnswer,
  keepAnswer,
  type Recording,
  readAs,
  record,
  WritersBusy,
} from '@mra/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Dependencies } from './dependencies.ts';

/** Header fields that every write takes. */
export const WriteHeaders = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .describe('A write repeated with the same key within a day is done once and answered alike.'),
  'if-match': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x20-\x7e]+$/)
    .optional()
    .describe('ETag of the version to replace; another version answers 412.'),
});

export const ETag = z
  .string()
  .max(40)
  .regex(/^"\d+"$/)
  .describe('Version of the record, for `If-Match`.');

/**
 * While a long list is being written nothing else can be, and nothing can become known before it. A write that would have to wait for longer
 * is refused: the time of a request ends at 30 s, and a caller who is told 503 must be able to rely on nothing having been written.
 */
const PATIENCE_SECONDS = 20;

export interface WriteAnswer {
  readonly status: number;
  readonly version?: number;
  readonly body: unknown;
}

export interface WriteOptions {
  /** Hash of a body that was read as a stream, in place of `request.body`. */
  readonly bodyHash?: string;
  /** Of long loads: see `record`. Throws RecordingTooSlow when they were too few. */
  readonly aheadSeconds?: number;
}

/**
 * Does a write once: in one transaction with the answer that its Idempotency-Key gets from then on, and sends that answer.
 * @param actor administration in whose name it is written; `copies` when a partner's list is loaded
 * @param work throws a Problem where nothing may be written
 */
export async function write(
  { db }: Pick<Dependencies, 'db'>,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Omit<Actor, 'client'>,
  work: (recording: Recording) => Promise<WriteAnswer>,
  { bodyHash, aheadSeconds = 0 }: WriteOptions = {},
): Promise<FastifyReply> {
  const key = callersKey(request);
  const requestHash = hashOf(request, bodyHash);
  const author: Actor = { client: request.caller.clientId, ...actor };
  const kept = async (from: Pick<Recording, 'tx'>): Promise<KeptAnswer | undefined> => {
    if (key === null) return undefined;
    const found = await findAnswer(from, key);
    if (found !== undefined && found.requestHash !== requestHash) throw problem('IDEMPOTENCY_KEY_REUSED');
    return found;
  };
  // A recording made ahead would hold up its answer, and all later writers, until an instant at which nothing becomes known.
  const given = () => readAs(db, author, (tx) => kept({ tx }));
  const repeated = aheadSeconds > 0 ? await given() : undefined;
  const once = async (recording: Recording): Promise<KeptAnswer> => {
    const earlier = await kept(recording);
    if (earlier !== undefined) return earlier;
    const { status, version, body } = await work(recording);
    const etag: Record<string, string> = version === undefined ? {} : { etag: `"${version}"` };
    const headers = { ...etag, 'change-seq': String(await headOfLog(recording.tx)) };
    const made = { requestHash, status, headers, body };
    if (key !== null) await keepAnswer(recording, key, made);
    return made;
  };
  const patience = aheadSeconds > 0 ? {} : { patienceSeconds: PATIENCE_SECONDS };
  const recorded = () =>
    record(db, author, once, { aheadSeconds, ...patience }).catch(async (error) => {
      // What was done before needs no turn to be told again.
      return (error instanceof WritersBusy ? await given() : undefined) ?? refuseBusy(error);
    });
  const answer = repeated ?? (await recorded());
  // A kept answer without a body comes back from the database as null, which would be sent as one.
  return reply
    .code(answer.status)
    .headers(answer.headers)
    .send(answer.body ?? undefined);
}

function refuseBusy(error: unknown): never {
  if (!(error instanceof WritersBusy)) throw error;
  throw problem('SERVICE_UNAVAILABLE', {
    detail: 'A long list is being written; nothing was changed.',
    headers: { 'retry-after': String(error.retryAfterSeconds) },
    cause: error,
  });
}

/** Client ids are each issuer's own, and a client that acts for two administrations is two callers. */
function callersKey({ headers, caller }: FastifyRequest): CallersKey | null {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string') return null;
  return { caller: JSON.stringify([caller.issuer, caller.clientId, caller.administration]), key };
}

function hashOf({ method, url, body, headers }: FastifyRequest, bodyHash?: string): string {
  return createHash('sha256')
    .update(JSON.stringify([method, url, headers['if-match'] ?? null, bodyHash ?? body ?? null]))
    .digest('base64url');
}

/** Refuses a write that was prepared on another version (RFC 9110 section 13.1.1). `version` null: there is no record. */
export function checkIfMatch(request: FastifyRequest, version: number | null): void {
  const header = request.headers['if-match'];
  if (header === undefined) return;
  const tags = header.split(',').map((tag) => tag.trim());
  const matches = version !== null && (tags.includes('*') || tags.includes(`"${version}"`));
  if (!matches) {
    const detail = version === null ? 'There is no record yet.' : `The record is at version "${version}".`;
    throw problem('PRECONDITION_FAILED', { detail });
  }
}

/** Refuses a caller who does not act for an administration, and a deployment that only keeps copies of its members. */
export function checkAuthority(
  { isLocal }: Pick<Dependencies, 'isLocal'>,
  caller: Caller,
  administration: string,
): void {
  if (caller.administration !== administration) {
    throw problem('WRONG_ADMINISTRATION', { detail: `The token must act for ${administration}.` });
  }
  if (!isLocal(administration)) {
    throw problem('NOT_AUTHORITATIVE', { detail: `Members of ${administration} are copies here and are read only.` });
  }
}
