import { type AccessTokenOptions, type AccessTokens, createAccessTokens } from './access-tokens.ts';
import { readText, withIdleTimeout } from './bodies.ts';
import { type PartnerClient, type PartnerRequest, PartnerUnreachable } from './context.ts';
import { originsOf } from './origins.ts';
import type { Partner } from './partners.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;
/** Of a file: between two of its pieces. */
const IDLE_MS = 30_000;

/**
 * Calls partners over HTTP. Addresses are those of origins registered for the partner, https unless in development; redirects are not
 * followed but returned. After 401 an access token of ours is renewed once. Failures are PartnerUnreachable, with a reason that
 * holds no secret.
 */
export function createPartnerClient(options: AccessTokenOptions): PartnerClient {
  const tokens = createAccessTokens(options);
  const check = (partner: Partner, url: string) => checkAddress(partner, url, options.isDevelopment);
  return {
    async send(partner, request) {
      check(partner, request.url);
      const signal = within(request, AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS));
      return reaching(request, async () => {
        const { status, headers, body } = await call(tokens, partner, request, signal);
        const { text } = await readText(body, request.maxBytes ?? MAX_BYTES);
        return { status, headers, body: text };
      });
    },
    async open(partner, request) {
      check(partner, request.url);
      const idle = new AbortController();
      const signal = within(request, idle.signal);
      const giveUp = () => idle.abort(new DOMException('the answer broke off', 'TimeoutError'));
      const timer = setTimeout(giveUp, request.timeoutMs ?? TIMEOUT_MS);
      return reaching(request, async () => {
        const { status, headers, body } = await call(tokens, partner, request, signal);
        return { status, headers, body: body && withIdleTimeout(body, IDLE_MS, giveUp) };
      }).finally(() => clearTimeout(timer));
    },
  };
}

async function call(
  tokens: AccessTokens,
  partner: Partner,
  request: PartnerRequest,
  signal: AbortSignal,
): Promise<Response> {
  const { authorization } = request;
  if (authorization !== undefined) return fetchOnce(request, authorization, signal);
  const token = await tokens.get(partner);
  const response = await fetchOnce(request, `Bearer ${token}`, signal);
  if (response.status !== 401) return response;
  await response.body?.cancel();
  tokens.forget(partner, token);
  return fetchOnce(request, `Bearer ${await tokens.get(partner)}`, signal);
}

function fetchOnce(
  { method, url, body, contentType, accept, contentLanguage, acceptLanguage }: PartnerRequest,
  authorization: string,
  signal: AbortSignal,
): Promise<Response> {
  const headers = {
    authorization,
    accept: accept ?? 'application/json',
    ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
    ...(contentLanguage !== undefined && { 'content-language': contentLanguage }),
    ...(acceptLanguage !== undefined && { 'accept-language': acceptLanguage }),
  };
  return fetch(url, { method, headers, body: body ?? null, signal, redirect: 'manual' });
}

function within({ signal }: Pick<PartnerRequest, 'signal'>, other: AbortSignal): AbortSignal {
  return signal === undefined ? other : AbortSignal.any([signal, other]);
}

function checkAddress(partner: Partner, url: string, allowHttp: boolean): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !originsOf(partner).includes(parsed.origin))
    throw new PartnerUnreachable(`${parsed?.origin ?? 'the address'} is no origin registered for ${partner.code}`);
  if (parsed.protocol !== 'https:' && !allowHttp)
    throw new PartnerUnreachable(`${parsed.origin} is not https, which production needs`);
}

async function reaching<T>({ url }: Pick<PartnerRequest, 'url'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new PartnerUnreachable(`${new URL(url).origin}: ${reasonOf(cause)}`, { cause });
  }
}

/** The innermost code, such as ECONNREFUSED or invalid_client: messages of fetch say only that it failed. */
function reasonOf(error: unknown): string {
  const { name, code, error: oauth, cause, message } = error as Record<string, unknown>;
  if (name === 'TimeoutError') return 'no answer in time';
  if (name === 'AbortError') return 'given up';
  if (typeof oauth === 'string') return `no access token: ${oauth.slice(0, 100)}`;
  if (cause instanceof Error) return reasonOf(cause);
  return String(code ?? message ?? name);
}
