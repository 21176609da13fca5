import { afterEach, expect, test } from 'vitest';
import { createPartnerClient } from './partner-client.ts';
import { aKey, aPartner, closeServers, keysWith, serve } from './test-support.ts';

afterEach(closeServers);

test.each([503, 404, 302])(
  'a token endpoint that answers %i is told with where it is and its answer',
  async (status) => {
    const endpoint = await serve((_, response) => response.writeHead(status, { location: '/' }).end('<html>'));
    const partner = aPartner({ tokenEndpoint: `${endpoint.url}/token`, clientId: 'eu-client' });
    const client = createPartnerClient({
      issuer: 'https://eu.example',
      keys: keysWith(await aKey('our-key')),
      isDevelopment: true,
    });
    await expect(client.send(partner, { method: 'GET', url: `${partner.issuer}/` })).rejects.toThrow(
      `no access token: ${endpoint.url} answers ${status}`,
    );
    expect(endpoint.seen).toHaveLength(1);
  },
);
