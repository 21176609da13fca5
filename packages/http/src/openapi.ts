import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { Access } from './access.ts';
import { componentsOf } from './json-schema.ts';
import {
  COMMON_HEADERS,
  type DescribedSchema,
  describeOperation,
  openapiMethods,
  openapiPath,
  PROBLEM_EXAMPLES,
  SECURITY_SCHEMES,
} from './operation.ts';

/** What the document says of the API as a whole. */
export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** Name of who answers for the API. */
  readonly contact: string;
  /** SPDX identifier and name, `{ name: 'Apache License 2.0', identifier: 'Apache-2.0' }`. */
  readonly licence: { readonly name: string; readonly identifier: string };
  /** Every tag that operations use, in the order in which they are shown. */
  readonly tags: readonly { readonly name: string; readonly description: string }[];
}

/**
 * Makes `app.swagger()` give the OpenAPI 3.1.1 document of all routes declared after it that are not hidden. The plugin collects the
 * routes; paths and components come from the zod schemas here, since its own conversion drops the descriptions beside references, the
 * examples of request bodies and the names of response headers.
 */
export async function describeApi(app: FastifyInstance, info: ApiInfo): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: info.title,
        version: info.version,
        description: info.description,
        contact: { name: info.contact },
        license: { ...info.licence },
      },
      servers: [{ url: '/', description: 'This deployment, production or other.', 'x-internal': false }] as never,
      tags: info.tags.map((tag) => ({ ...tag })),
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: (described) => {
      const { schema, url, route } = described;
      const hidden = { schema: { hide: true }, url };
      if (schema?.hide === true || !('openapiObject' in described)) return hidden;
      const paths = described.openapiObject.paths as Record<string, Record<string, object>>;
      const { access } = route.config as { access: Access };
      const operation = describeOperation({ access, schema: schema as unknown as DescribedSchema });
      const path = openapiPath(url);
      const added = openapiMethods(route.method).map((method) => [method, operation]);
      paths[path] = { ...paths[path], ...Object.fromEntries(added) };
      return hidden;
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) throw new Error('the document is not OpenAPI');
      const { components, paths, ...rest } = document.openapiObject;
      const shared = { ...components, headers: COMMON_HEADERS, examples: examplesUsedIn(paths) };
      const schemas = componentsOf({ paths, shared });
      return { ...rest, paths, components: { ...shared, schemas } } as never;
    },
  });
}

function examplesUsedIn(paths: unknown): object {
  const used = JSON.stringify(paths ?? {});
  return Object.fromEntries(
    Object.entries(PROBLEM_EXAMPLES).filter(([code]) => used.includes(`"#/components/examples/${code}"`)),
  );
}
