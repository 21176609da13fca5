import { createGunzip } from 'node:zlib';
import { problem } from '@mra/contracts';
import { readSnapshotFile } from '@mra/exchange';
import { SnapshotLine } from '@mra/exchange-protocol';
import { type HttpApp, ndjson, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { snapshotExamples as examples } from './snapshot-examples.ts';
import { SnapshotFileParams } from './snapshot-parameters.ts';

export function getSnapshotFile(app: HttpApp, dependencies: Dependencies): void {
  app.get(
    '/exchange/snapshots/:snapshotId/files/:file',
    {
      config: { access: { scopes: ['exchange'] } },
      schema: {
        operationId: 'getSnapshotFile',
        summary: 'A file of a snapshot',
        description:
          'The bytes that the sum in the manifest is of; a file never changes. A line is what an event of the member would tell: agreement, ' +
          'record and `communicated`, which is explained at `pushEvent`.',
        tags: ['exchange'],
        params: SnapshotFileParams,
        response: {
          200: {
            description: 'One member a line.',
            content: {
              'application/x-ndjson': { schema: ndjson(SnapshotLine, 'One member a line.'), examples: examples.lines },
            },
          },
          ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      const { snapshotId, file } = request.params;
      const content = await readSnapshotFile(exchange, partner.code, snapshotId, file);
      if (content === null) throw problem('NOT_FOUND');
      const plain = createGunzip();
      plain.end(content);
      return reply.type('application/x-ndjson').send(plain);
    },
  );
}
