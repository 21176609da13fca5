import { isUtf8 } from 'node:buffer';
import { problem } from '@mra/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { findJsonFault } from './json-position.ts';
import { routeOf } from './route-of.ts';

/** Bodies that go to the handler as they arrive, however long: it reads them line by line. */
const STREAMED = ['application/x-ndjson', 'text/csv'];

/**
 * Reads JSON bodies; answers MALFORMED_JSON, with the position, to what is not JSON in UTF-8. Bodies of `application/x-ndjson` and
 * `text/csv` become streams; any other media type is refused with UNSUPPORTED_MEDIA_TYPE.
 */
export function readBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    // An empty body is no body: validation tells whether one is needed.
    if (body.length === 0) return done(null, undefined);
    if (!isUtf8(body)) return done(problem('MALFORMED_JSON', { detail: 'The body is not UTF-8.' }));
    const text = body.toString('utf8');
    parse(request, text, (error, value) => done(error === null ? null : malformed(text), value));
  });
  app.addContentTypeParser(STREAMED, (_request, payload, done) => done(null, payload));
}

/**
 * A check that refuses a body of a media type that the route does not declare, and one that is encoded (RFC 9110 section 15.5.16), before
 * any of it is read. Fastify itself would hand such a body to the handler unchecked.
 */
export function refuseOtherMediaTypes(request: FastifyRequest): void {
  const body: unknown = routeOf(request).schema?.body;
  if (isEncoded(request) && !isWithoutBody(request)) {
    throw problem('UNSUPPORTED_MEDIA_TYPE', {
      detail: 'The body must not be encoded: Content-Encoding may only be identity.',
      headers: { 'accept-encoding': 'identity' },
    });
  }
  const accepted = body === undefined ? null : refusedInFavourOf(request, body);
  if (accepted !== null)
    throw problem('UNSUPPORTED_MEDIA_TYPE', {
      detail: `The body must be ${accepted.join(' or ')}.`,
      headers: { accept: accepted.join(', ') },
    });
}

/** The media types that the route declares, where the body of the request is in none of them; else null. */
function refusedInFavourOf(request: FastifyRequest, body: unknown): readonly string[] | null {
  const content = (body as { content?: Readonly<Record<string, { readonly schema: unknown }>> }).content;
  const accepted = content === undefined ? ['application/json'] : Object.keys(content);
  if (request.headers['content-type'] !== undefined)
    return accepted.includes(request.mediaType ?? '') ? null : accepted;
  // Without a media type Fastify would choose no schema of several, and let nothing through as undefined.
  return isWithoutBody(request) && (content === undefined || isOptional(content)) ? null : accepted;
}

function isWithoutBody({ headers }: FastifyRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding === undefined && (length === undefined || length === '0');
}

function isEncoded({ headers }: FastifyRequest): boolean {
  const codings = headers['content-encoding'];
  if (codings === undefined) return false;
  return codings.split(',').some((coding) => !['', 'identity'].includes(coding.trim().toLowerCase()));
}

/** Whether a body in one of these media types may as well be none at all. */
export function isOptional(content: Readonly<Record<string, { readonly schema: unknown }>>): boolean {
  return Object.values(content).some(({ schema }) => schema instanceof z.ZodType && schema.safeParse(null).success);
}

function malformed(text: string) {
  const fault = findJsonFault(text.startsWith('\ufeff') ? text.slice(1) : text);
  // Valid JSON that the parser refuses all the same has a name that would change the prototype of the object.
  if (fault === null) return problem('MALFORMED_JSON', { detail: 'The body has a field with a forbidden name.' });
  const what = fault.atEnd ? 'The body ends too early' : 'The body has a character that is not JSON';
  return problem('MALFORMED_JSON', {
    detail: `${what} at position ${fault.position} (line ${fault.line}, column ${fault.column}).`,
  });
}
