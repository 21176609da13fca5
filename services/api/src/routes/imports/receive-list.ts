import type { Readable } from 'node:stream';
import type { ImportQuery } from '@mra/contracts';
import type { Network } from '@mra/recognition';
import { closeUpload, factsIfNew, openUpload, type Upload } from '@mra/registry';
import type { FastifyRequest } from 'fastify';
import type { Dependencies } from '../../dependencies.ts';
import { bodyBytes } from './body-bytes.ts';
import { checkLine } from './check-line.ts';
import { inCsv, readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import { type StagedList, stageList } from './stage-list.ts';

/** A list that has arrived as a whole. */
export interface ReceivedList {
  readonly upload: Upload;
  readonly staged: StagedList;
  /** Hash of the body, by which a repeated request is known. */
  readonly bodyHash: string;
}

/**
 * Stages the body of an import as it arrives, and hands it to `work`; whatever comes of either, nothing of it stays.
 * @throws VALIDATION_FAILED when it cannot be read as a list, what `work` throws, and the error of a body that breaks off
 */
export async function receiveList<T>(
  { db, now }: Pick<Dependencies, 'db' | 'now'>,
  request: FastifyRequest,
  { programme }: ImportQuery,
  owner: string,
  network: Network,
  work: (list: ReceivedList) => Promise<T>,
): Promise<T> {
  const isCsv = request.mediaType === 'text/csv';
  const body = bodyBytes(request.body as Readable);
  const day = now().slice(0, 10);
  const upload = await openUpload(db, request.caller.clientId, network.version);
  try {
    const staged = await stageList(db, upload, isCsv ? readCsv(body.stream) : readNdjson(body.stream), (value) => {
      const checked = checkLine(network, programme, value, day, isCsv ? inCsv : undefined);
      return checked.ok ? { ...checked, facts: factsIfNew(network, { ...checked, owner }) } : checked;
    });
    return await work({ upload, staged, bodyHash: body.digest() });
  } finally {
    await closeUpload(db, upload).catch((err) => request.log.warn({ err }, 'an upload could not be removed'));
  }
}
