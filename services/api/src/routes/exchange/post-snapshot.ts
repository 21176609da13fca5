import { problem } from '@mra/contracts';
import { requestSnapshot, snapshotUrl } from '@mra/exchange';
import { DIGEST_BUCKETS, SnapshotRequest } from '@mra/exchange-protocol';
import { type HttpApp, noContent, problems } from '@mra/http';
import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { snapshotExamples as examples } from './snapshot-examples.ts';

const ContentLocation = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/\S+$/)
  .describe('Where to ask for the manifest.');

export function postSnapshot(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/exchange/snapshots',
    {
      config: { access: { scopes: ['exchange'] }, unknownFields: 'ignored' },
      schema: {
        operationId: 'requestSnapshot',
        summary: 'Ask for all members that are communicated',
        description:
          'For a first load, and where events are not enough to bring a copy up to date. The snapshot is made after the answer; ask for its ' +
          'manifest at `Content-Location`. While one is being made, asking again gives the same one. `buckets` are those of a digest with 256; ' +
          'the snapshot then has all members of these buckets and no others.',
        tags: ['exchange'],
        body: { content: { 'application/json': { schema: SnapshotRequest, examples: examples.requests } } },
        response: {
          202: noContent('It will be made.', { headers: { 'content-location': ContentLocation } }),
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const { buckets } = request.body;
      const errors = (buckets ?? []).flatMap((bucket, place) =>
        bucket < DIGEST_BUCKETS
          ? []
          : [{ pointer: `/buckets/${place}`, detail: `must be a bucket of a digest with ${DIGEST_BUCKETS}` }],
      );
      if (errors.length > 0) throw problem('VALIDATION_FAILED', { errors });
      const id = await requestSnapshot(exchange, partner.code, buckets);
      if (id === null) throw problem('NOT_FOUND', { detail: 'There is no stream that runs.' });
      request.outcome = `snapshot ${id}`;
      return reply.code(202).header('content-location', snapshotUrl(exchange, id)).send(undefined);
    },
  );
}
