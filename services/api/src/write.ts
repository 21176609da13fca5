import { createHash } from 'node:crypto';
import { problem } from '@mra/contracts';
import type { Caller } from '@mra/http';
import { findAnswer, keepAnswer, type KeptAnswer, type Recording, record } from '@mra/registry';
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
  'if-match': z.string().min(1).max(255).optional().describe('ETag of the version to replace; another version answers 412.'),
});

export const ETag = z.string().max(40).describe('Version of the record, for `If-Match`.');

export interface WriteAnswer {
  readonly status: number;
  readonly version?: number;
  readonly body: unknown;
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
  actor: { readonly administration: string | null; readonly copies?: boolean },
  work: (recording: Recording) => Promise<WriteAnswer>,
): Promise<FastifyReply> {
  const key = request.headers['idempotency-key'];
  const requestHash = hashOf(request);
  const answer = await record(db, { client: request.caller.clientId, ...actor }, async (recording): Promise<KeptAnswer> => {
    if (typeof key === 'string') {
      const kept = await findAnswer(recording, key);
      if (kept !== undefined && kept.requestHash !== requestHash) throw problem('IDEMPOTENCY_KEY_REUSED');
      if (kept !== undefined) return kept;
    }
    const { status, version, body } = await work(recording);
    const headers: Record<string, string> = version === undefined ? {} : { etag: `"${version}"` };
    const made = { requestHash, status, headers, body };
    if (typeof key === 'string') await keepAnswer(recording, key, made);
    return made;
  });
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}

function hashOf({ method, url, body, headers }: FastifyRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([method, url, headers['if-match'] ?? null, body ?? null]))
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
export function checkAuthority({ isLocal }: Pick<Dependencies, 'isLocal'>, caller: Caller, administration: string): void {
  if (caller.administration !== administration) {
    throw problem('WRONG_ADMINISTRATION', { detail: `The token must act for ${administration}.` });
  }
  if (!isLocal(administration)) {
    throw problem('NOT_AUTHORITATIVE', { detail: `Members of ${administration} are copies here and are read only.` });
  }
}
