import { readFile } from 'node:fs/promises';
import { IssuerUrl } from '@mra/exchange-protocol';
import { z } from 'zod';
import type { Partner } from './partners.ts';

/** What a deployment wants of its partners. */
export interface PartnerTerms {
  /** Whether this deployment is authoritative for an administration. */
  readonly isLocal: (administration: string) => boolean;
  /** Production: https everywhere, and access tokens from an authorisation server. */
  readonly isProduction: boolean;
}

const code = z.string().regex(/^[A-Z]{2}$/, { error: 'must be an ISO 3166-1 alpha-2 code in capitals, or EU' });
const url = z
  .string()
  .max(2000)
  .refine(isPlainUrl, { error: 'must be an http or https URL without credentials or fragment' });
const origin = z
  .string()
  .max(300)
  .refine((given) => isPlainUrl(given) && new URL(given).origin === given, {
    error: 'must be an origin such as https://host:port, without a path',
  });

/** A public key; what else a key set may hold, such as certificates, is not used. */
const PublicKey = z
  .looseObject({ kty: z.enum(['OKP', 'EC', 'RSA'], { error: 'must be OKP, EC or RSA' }) })
  .refine((key) => !('d' in key), { error: 'must be a public key; this one is private' });

const PartnerEntry = z
  .strictObject({
    code,
    administrations: z.array(code).min(1).optional(),
    actsAs: code,
    issuer: IssuerUrl.refine((given) => !given.endsWith('/'), { error: 'must have no slash at its end' }),
    jwksUrl: url.optional(),
    jwks: z.object({ keys: z.array(PublicKey).min(1) }).optional(),
    tokenEndpoint: url.optional(),
    clientId: z.string().min(1).max(255).optional(),
    pushOrigins: z.array(origin).min(1).optional(),
    receiveBy: z.enum(['poll', 'push', 'nothing'], { error: 'must be one of poll, push, nothing' }).prefault('poll'),
    cadenceSeconds: z.int().min(1).max(31_536_000).prefault(86_400),
  })
  .superRefine((entry, context) => {
    const say = (field: keyof typeof entry, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (entry.jwksUrl === undefined && entry.jwks === undefined) say('jwksUrl', 'must be set, or jwks');
    if (entry.jwksUrl !== undefined && entry.jwks !== undefined) say('jwks', 'must not be set beside jwksUrl');
    if (entry.tokenEndpoint !== undefined && entry.clientId === undefined)
      say('clientId', 'must be set where tokenEndpoint is');
  });

/**
 * Reads the registered partners of a deployment: a JSON array, an object for each.
 * @throws Error with a line for each field that is wrong, such as `PARTNERS_FILE /0/issuer must be …`
 */
export async function readPartnerFile(file: string, terms: PartnerTerms): Promise<readonly Partner[]> {
  const content = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`PARTNERS_FILE ${file} cannot be read: ${cause.code ?? cause.message}`, { cause });
  });
  return parsePartners(content, terms);
}

/** @throws Error as `readPartnerFile` */
export function parsePartners(content: string, terms: PartnerTerms): readonly Partner[] {
  const { data, error } = z
    .array(PartnerEntry, { error: 'must be a JSON array' })
    .max(500, { error: 'must hold at most 500 partners' })
    .safeParse(jsonOf(content), {
      error: ({ input }) => (input === undefined ? 'must be set' : undefined),
    });
  if (data === undefined) {
    const lines = (error?.issues ?? []).flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => lineOf([...issue.path, key], 'is not known'))
        : [lineOf(issue.path, issue.message)],
    );
    throw new Error(lines.join('\n'));
  }
  const partners = data.map(toPartner);
  const lines = partners.flatMap((partner, index) => wrongIn(partner, index, partners, terms));
  if (lines.length > 0) throw new Error(lines.join('\n'));
  return partners;
}

function toPartner(entry: z.output<typeof PartnerEntry>): Partner {
  return {
    code: entry.code,
    administrations: entry.administrations ?? [entry.code],
    actsAs: entry.actsAs,
    issuer: entry.issuer,
    jwksUrl: entry.jwksUrl ?? null,
    jwks: entry.jwks ?? null,
    tokenEndpoint: entry.tokenEndpoint ?? null,
    clientId: entry.clientId ?? null,
    pushOrigins: entry.pushOrigins ?? [new URL(entry.issuer).origin],
    receiveBy: entry.receiveBy,
    cadenceSeconds: entry.cadenceSeconds,
  };
}

/** What is wrong with an entry beside the others and in this deployment. */
function wrongIn(partner: Partner, index: number, all: readonly Partner[], terms: PartnerTerms): string[] {
  const { isLocal, isProduction } = terms;
  const lines: string[] = [];
  const say = (field: keyof Partner, message: string) => lines.push(lineOf([index, field], message));
  const before = all.slice(0, index);
  for (const field of ['code', 'issuer'] as const) {
    if (before.some((other) => other[field] === partner[field])) say(field, 'is that of another partner');
  }
  const spokenFor = new Set(before.flatMap(({ administrations }) => administrations));
  for (const administration of partner.administrations) {
    if (isLocal(administration))
      say('administrations', `must not name ${administration}, which LOCAL_ADMINISTRATIONS has`);
    if (spokenFor.has(administration)) say('administrations', `names ${administration}, as another partner does`);
  }
  if (!isLocal(partner.actsAs)) say('actsAs', 'must be one of LOCAL_ADMINISTRATIONS');
  if (!isProduction) return lines;
  for (const field of ['issuer', 'jwksUrl', 'tokenEndpoint', 'pushOrigins'] as const) {
    const given = [partner[field] ?? []].flat();
    if (given.some((one) => !one.startsWith('https:'))) say(field, 'must be https when NODE_ENV=production');
  }
  if (partner.tokenEndpoint === null && partner.receiveBy !== 'nothing')
    say('tokenEndpoint', 'must be set when NODE_ENV=production');
  return lines;
}

function lineOf(path: readonly PropertyKey[], message: string): string {
  return ['PARTNERS_FILE', path.map((part) => `/${String(part)}`).join(''), message].filter(Boolean).join(' ');
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new Error('PARTNERS_FILE is not JSON', { cause });
  }
}

function isPlainUrl(given: string): boolean {
  return /^https?:\/\/[^\s#@]+$/.test(given) && URL.canParse(given);
}
