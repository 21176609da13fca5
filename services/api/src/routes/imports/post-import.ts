import type { Readable } from 'node:stream';
import { ImportLine, ImportQuery, ImportResult, problem } from '@mra/contracts';
import { type HttpApp, json, ndjson, problems, text } from '@mra/http';
import { closeUpload, countChangedLines, openUpload, RecordingTooSlow } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { answerExamples, examples } from '../../examples.ts';
import { WriteHeaders, write } from '../../write.ts';
import { findProgramme } from '../memberships/find-programme.ts';
import { aheadSeconds } from './ahead-seconds.ts';
import { applyList } from './apply-list.ts';
import { sourceOfList } from './authority.ts';
import { bodyBytes } from './body-bytes.ts';
import { checkLine } from './check-line.ts';
import { CSV, DESCRIPTION } from './description.ts';
import { csvPointer, readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import { stageList } from './stage-list.ts';

export function postImport(app: HttpApp, dependencies: Dependencies): void {
  app.post(
    '/v1/imports',
    {
      config: { access: { scopes: ['registry:write', 'operations'] } },
      schema: {
        operationId: 'importMemberships',
        summary: 'Load a list of members',
        description: DESCRIPTION,
        tags: ['operations'],
        querystring: ImportQuery,
        headers: WriteHeaders.pick({ 'idempotency-key': true }),
        body: {
          description: 'A list of any length; it is read as it arrives.',
          content: {
            'text/csv': { schema: text(CSV), examples: examples.csvLists },
            'application/x-ndjson': {
              schema: ndjson(ImportLine, 'One membership and its number a line.'),
              examples: examples.ndjsonLists,
            },
          },
        },
        response: {
          200: json(ImportResult, 'What became of the lines.', { examples: answerExamples('importMemberships') }),
          ...problems('VALIDATION_FAILED', 'WRONG_ADMINISTRATION', 'NOT_AUTHORITATIVE', 'REMOVALS_NOT_ALLOWED', 'IDEMPOTENCY_KEY_REUSED'),
        },
      },
    },
    async (request, reply) => {
      const { query, caller } = request;
      const { db, networks, partnerCadenceSeconds, now } = dependencies;
      const network = await networks.current();
      if (!network.programmes.has(query.programme)) {
        throw problem('VALIDATION_FAILED', { errors: [{ pointer: '/programme', detail: 'is not a known programme' }] });
      }
      const { administration } = findProgramme(network, query.programme, now());
      const source = sourceOfList(dependencies, caller, administration);
      const isCsv = request.mediaType === 'text/csv';
      const body = bodyBytes(request.body as Readable);
      const upload = await openUpload(db, caller.clientId);
      try {
        const day = now().slice(0, 10);
        const staged = await stageList(
          db,
          upload,
          isCsv ? readCsv(body.stream) : readNdjson(body.stream),
          (value) => checkLine(network, query.programme, value, day),
          isCsv ? csvPointer : (pointer) => pointer,
        );
        if (reply.sent) return reply; // It took too long to arrive, which has been answered.
        const actor = { administration, copies: source !== null };
        const list = { query, upload, staged, administration, source, maxAgeSeconds: Math.ceil(1.5 * partnerCadenceSeconds) };
        const bodyHash = body.digest();
        const apply = (seconds: number) =>
          write(
            dependencies,
            request,
            reply,
            actor,
            async (recording) => {
              const result = await applyList(recording, await networks.current(recording.tx), list);
              return { status: 200, body: result };
            },
            { bodyHash, aheadSeconds: seconds },
          );
        request.outcome = 'imported';
        const { programme } = query;
        const changed = await countChangedLines(db, { client: caller.clientId, ...actor }, { upload, programme, source });
        const seconds = aheadSeconds(changed, staged.accepted);
        return await apply(seconds).catch(ifTooSlow(() => apply(2 * seconds))).catch(ifTooSlow(tooBusy));
      } finally {
        await closeUpload(db, upload).catch((error) => request.log.warn({ err: error }, 'an upload could not be removed'));
      }
    },
  );
}

const ifTooSlow =
  <T>(then: () => T) =>
  (error: unknown): T => {
    if (error instanceof RecordingTooSlow) return then();
    throw error;
  };

function tooBusy(): never {
  throw problem('SERVICE_UNAVAILABLE', {
    detail: 'The list could not be applied in the time foreseen for it; nothing was changed.',
    headers: { 'retry-after': '60' },
  });
}
