import { problem } from '@mra/contracts';
import { awaitSnapshot } from '@mra/exchange';
import { SnapshotManifest } from '@mra/exchange-protocol';
import { type HttpApp, json, noContent, problems } from '@mra/http';
import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { snapshotExamples as examples } from './snapshot-examples.ts';
import { SnapshotParams } from './snapshot-parameters.ts';

/** A snapshot of a few members is made while the answer is held, one of 100,000 in some ten seconds. */
const HOLD_MS = 1000;
const ASK_AGAIN_SECONDS = '1';

const RetryAfter = z
  .string()
  .max(10)
  .regex(/^\d{1,10}$/)
  .describe('Seconds after which to ask again.');

export function getSnapshot(app: HttpApp, dependencies: Dependencies): void {
  app.get(
    '/exchange/snapshots/:snapshotId',
    {
      config: { access: { scopes: ['exchange'] } },
      schema: {
        operationId: 'getSnapshot',
        summary: 'The manifest of a snapshot',
        description:
          'Its files with their sums, the last event that it contains, and the digest of all records. Going on with the events behind `seq` ' +
          'misses nothing. A snapshot is kept for a day, and no more than a few of them. `sha256` is of the bytes of a file, in base64url; how the ' +
          'digest is computed is said at `getDigest`.',
        tags: ['exchange'],
        params: SnapshotParams,
        response: {
          200: json(SnapshotManifest, 'It is ready.', { examples: examples.manifest }),
          202: noContent('It is still being made.', { headers: { 'retry-after': RetryAfter } }),
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const options = { holdMs: HOLD_MS, signal: gone.signal };
      const found = await awaitSnapshot(exchange, partner.code, request.params.snapshotId, options);
      if (found === null) throw problem('NOT_FOUND');
      if (found.state === 'requested') return reply.code(202).header('retry-after', ASK_AGAIN_SECONDS).send(undefined);
      return found.manifest;
    },
  );
}
