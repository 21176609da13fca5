import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/**
 * The policy of the pages under /docs, which have no script or style inline: tests/api/docs.test.ts tries them in a browser. Given as
 * a string, since the list that the plugin ships is empty (fastify-swagger-ui#233).
 */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema?: { contentMediaType?: unknown } }>>;
}

/**
 * The document as Swagger UI needs it: where the schema of a body names a media type, it offers a file alone and not the example. The
 * document is a copy for this page; /openapi.json names them.
 */
function withTypedBodies<Document extends object>(document: Document): Document {
  const { paths = {} } = document as { readonly paths?: Readonly<Record<string, object>> };
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    const { content = {} } = (operation as { readonly requestBody?: Body }).requestBody ?? {};
    for (const { schema } of Object.values(content)) delete schema?.contentMediaType;
  }
  return document;
}

/** Swagger UI under /docs, to which / leads, whose Authorize button keeps the token in the browser, and the document at /openapi.json. */
export async function serveDocs(app: FastifyInstance): Promise<void> {
  await app.register(async (scope) => {
    // The plugin declares its routes itself, without access: this hook is for its scope alone.
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: DOCS_POLICY,
      transformSpecification: withTypedBodies,
      uiConfig: {
        // Without the bar that asks for another document, whose logo has styles of its own.
        layout: 'BaseLayout',
        persistAuthorization: true,
        displayRequestDuration: true,
        docExpansion: 'list',
        tryItOutEnabled: true,
      },
    });
    scope.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs', 302));
    let document: string | undefined;
    scope.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
      document ??= JSON.stringify(app.swagger());
      return reply.type('application/json; charset=utf-8').send(document);
    });
  });
}
