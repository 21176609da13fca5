import { problem } from '@mra/contracts';
import { TransmitterMetadata, transmitterMetadata } from '@mra/exchange-protocol';
import { type HttpApp, json, problems } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { examples } from './examples.ts';

const PATH = '/.well-known/ssf-configuration';

export function getTransmitterMetadata(app: HttpApp, { exchange = null }: Dependencies): void {
  const answer = (): TransmitterMetadata => {
    if (exchange === null) throw problem('NOT_FOUND', { detail: 'This deployment has no partners.' });
    const { issuer } = exchange;
    return transmitterMetadata({
      issuer,
      jwks: `${issuer}/.well-known/jwks.json`,
      configuration: `${issuer}/exchange/streams`,
      status: `${issuer}/exchange/streams/status`,
      verification: `${issuer}/exchange/streams/verify`,
    });
  };
  app.get(
    PATH,
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getTransmitterMetadata',
        summary: 'What this transmitter is and where its endpoints are',
        description: 'Transmitter Configuration Metadata (OpenID Shared Signals Framework 1.0 section 7).',
        tags: ['exchange'],
        response: {
          200: json(TransmitterMetadata, 'The metadata.', { examples: examples.metadata }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async () => answer(),
  );
  // Of an issuer with a path they are asked for with that path behind (section 7.2); nothing is served at it but by a gateway.
  const { pathname } = new URL(exchange?.issuer ?? 'http://localhost/');
  if (pathname === '/') return;
  app.get(`${PATH}${pathname}`, { config: { access: 'public' }, schema: { hide: true } }, async () => answer());
}
