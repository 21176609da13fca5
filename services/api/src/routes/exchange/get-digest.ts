import { problem } from '@mra/contracts';
import { makeDigest } from '@mra/exchange';
import { DIGEST_BUCKETS, DigestDocument } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { DIGEST_RULES, snapshotExamples as examples } from './snapshot-examples.ts';

/** Ten seconds for comparing with the registry, and some twenty for a million members. */
const TIMEOUT_MS = 120_000;

const POWERS = Array.from({ length: 17 }, (_, power) => String(2 ** power)) as [string, ...string[]];

const DigestQuery = z.strictObject({
  buckets: z
    .enum(POWERS)
    .optional()
    .describe(`How many buckets; ${DIGEST_BUCKETS} unless told.`)
    .transform((buckets) => (buckets === undefined ? DIGEST_BUCKETS : Number(buckets))),
});

export function getDigest(app: HttpApp, dependencies: Dependencies): void {
  app.get(
    '/exchange/digest',
    {
      config: { access: { scopes: ['exchange'] } },
      handlerTimeout: TIMEOUT_MS,
      schema: {
        operationId: 'getDigest',
        summary: 'What the caller should hold, as a digest',
        description:
          'Counts and hashes of canonical records in buckets. Compare when exactly the events up to `seq` have been applied, and fetch unequal ' +
          'buckets as a snapshot. What is told is compared with the registry first, which may take longer than one answer: then it is 503, and ' +
          `\`Retry-After\` says when to ask again.\n\n${DIGEST_RULES}`,
        tags: ['exchange'],
        querystring: DigestQuery,
        response: {
          200: json(DigestDocument, 'The digest.', { examples: examples.digests }),
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const { buckets } = request.query;
      const made = await makeDigest(exchange, partner.code, { buckets, signal: gone.signal });
      if (made.ok) return made.document;
      if (made.reason === 'unknown') throw problem('NOT_FOUND', { detail: 'There is no stream that runs.' });
      throw problem('SERVICE_UNAVAILABLE', {
        detail: 'What was told is still being compared with the registry.',
        headers: { 'retry-after': String(made.retryAfterSeconds) },
      });
    },
  );
}
