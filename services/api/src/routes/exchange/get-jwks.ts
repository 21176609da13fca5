import { problem } from '@mra/contracts';
import { PublicKeySet } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { examples } from './examples.ts';

export function getJwks(app: HttpApp, { exchange = null }: Dependencies): void {
  app.get(
    '/.well-known/jwks.json',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getKeySet',
        summary: 'The public keys of this deployment',
        description: 'Keys are rotated by overlap: a new one is here before anything is signed with it.',
        tags: ['exchange'],
        response: { 200: json(PublicKeySet, 'The keys.', { examples: examples.keys }), ...problems('NOT_FOUND') },
      },
    },
    async () => {
      if (exchange === null) throw problem('NOT_FOUND', { detail: 'This deployment has no partners.' });
      // What is not a member of a public key is stripped by the schema.
      return (await exchange.keys.jwks()) as PublicKeySet;
    },
  );
}
