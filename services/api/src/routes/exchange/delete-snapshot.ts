import { problem } from '@mra/contracts';
import { deleteSnapshot as remove } from '@mra/exchange';
import { type HttpApp, noContent, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { callingPartner } from './calling-partner.ts';
import { SnapshotParams } from './snapshot-parameters.ts';

export function deleteSnapshot(app: HttpApp, dependencies: Dependencies): void {
  app.delete(
    '/exchange/snapshots/:snapshotId',
    {
      config: { access: { scopes: ['exchange'] } },
      schema: {
        operationId: 'deleteSnapshot',
        summary: 'Remove a snapshot that has been fetched, or is not wanted any more',
        tags: ['exchange'],
        params: SnapshotParams,
        response: { 204: noContent('Removed with its files.'), ...problems('WRONG_ADMINISTRATION', 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const { exchange, partner } = await callingPartner(dependencies, request);
      if (!(await remove(exchange, partner.code, request.params.snapshotId))) throw problem('NOT_FOUND');
      return reply.code(204).send();
    },
  );
}
