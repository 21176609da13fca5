import { z } from 'zod';
import { POLL, PUSH, type StreamConfiguration } from './stream.ts';
import { HttpUrl, line } from './text.ts';

const WELL_KNOWN = '/.well-known/ssf-configuration';

/** An issuer: a URL with neither query nor fragment (SSF 1.0 section 7.1). */
export const IssuerUrl = HttpUrl.refine((url) => !url.includes('?'), { error: 'must have no query' });

/** What a transmitter says about itself (SSF 1.0 section 7.1). Unknown members are ignored. */
export const TransmitterMetadata = z
  .object({
    spec_version: line(50).optional(),
    issuer: IssuerUrl,
    jwks_uri: HttpUrl.optional(),
    delivery_methods_supported: z.array(line(200)).min(1).max(20).optional(),
    configuration_endpoint: HttpUrl.optional(),
    status_endpoint: HttpUrl.optional(),
    verification_endpoint: HttpUrl.optional(),
    critical_subject_members: z.array(line(200)).min(1).max(50).optional(),
    authorization_schemes: z
      .array(z.object({ spec_urn: line(200) }))
      .min(1)
      .max(20)
      .optional(),
    default_subjects: z.enum(['ALL', 'NONE']).optional(),
  })
  .meta({ id: 'TransmitterMetadata', description: 'Transmitter configuration (OpenID Shared Signals Framework 1.0).' });
export type TransmitterMetadata = z.infer<typeof TransmitterMetadata>;

export interface TransmitterAddresses {
  readonly issuer: string;
  readonly jwks: string;
  readonly configuration: string;
  readonly status: string;
  readonly verification: string;
}

/**
 * The metadata of this transmitter. There are no subject endpoints: agreements and consents decide who is communicated, so `ALL`
 * that are covered. Members without a value are left out, never empty lists (section 7.2.3).
 */
export function transmitterMetadata(at: TransmitterAddresses): TransmitterMetadata {
  return {
    spec_version: '1_0',
    issuer: at.issuer,
    jwks_uri: at.jwks,
    delivery_methods_supported: [PUSH, POLL],
    configuration_endpoint: at.configuration,
    status_endpoint: at.status,
    verification_endpoint: at.verification,
    authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
    default_subjects: 'ALL',
  };
}

/** Where the metadata of an issuer are: the well-known path stands between host and path (section 7.2). */
export function metadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}${WELL_KNOWN}${pathname.replace(/\/$/, '')}`;
}

/**
 * Fetched metadata, if they are those of the issuer they were asked of; null otherwise, and then nothing in them may be used
 * (section 7.2.4).
 */
export function readMetadata(document: unknown, issuer: string): TransmitterMetadata | null {
  const read = TransmitterMetadata.safeParse(document);
  return read.success && read.data.issuer === issuer ? read.data : null;
}

/**
 * Pointers to the URLs that are not https, which SSF 1.0 sections 7.1 and 8.1.1 want everywhere: whoever runs this must refuse
 * any, except in development.
 */
export function plainHttpFields(document: TransmitterMetadata | StreamConfiguration): string[] {
  const urls = Object.entries(document)
    .filter(([name]) => /^(iss|issuer|jwks_uri|.*_endpoint)$/.test(name))
    .map(([name, value]) => [`/${name}`, value] as const);
  if ('delivery' in document) urls.push(['/delivery/endpoint_url', document.delivery.endpoint_url]);
  return urls
    .filter(([, value]) => typeof value === 'string' && !value.startsWith('https:'))
    .map(([pointer]) => pointer);
}
