import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const ISSUER = 'urn:aeo-mra:bench';
const AUDIENCE = 'urn:aeo-mra:api';

export interface Issuer {
  /** `TOKEN_ISSUERS` of a service in production that trusts it. */
  readonly configuration: string;
  sign(client: string, scope: string, administration?: string): Promise<string>;
  close(): void;
}

/** An issuer of access tokens with its keys at an address, as a service in production has one. */
export async function openIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }] });
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(jwks);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    configuration: `${ISSUER}=http://127.0.0.1:${port}/jwks.json`,
    sign: (client, scope, administration) =>
      new SignJWT({ client_id: client, scope, ...(administration !== undefined && { administration }) })
        .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setSubject(client)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime('2h')
        .sign(privateKey),
    close: () => void server.close(),
  };
}
