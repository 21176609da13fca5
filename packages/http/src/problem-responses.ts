import { PROBLEM_CODES, PROBLEMS, type ProblemCode, ProblemDocument } from '@mra/contracts';
import { isStream, type RouteResponse } from './media-types.ts';

/** The answer of one status that is a problem, with the codes that it may carry. */
export interface ProblemResponse extends RouteResponse {
  readonly codes: readonly ProblemCode[];
  readonly content: { readonly 'application/problem+json': { readonly schema: typeof ProblemDocument } };
}

export type ProblemResponses<Code extends ProblemCode> = {
  readonly [C in Code as (typeof PROBLEMS)[C]['status']]: ProblemResponse;
};

/**
 * The answers of a route that are problems, by status: `response: { 200: json(…), ...problems('NOT_FOUND', 'CONFLICT') }`.
 * Only what the operation itself can answer need be named: `impliedProblems` adds the rest.
 */
export function problems<Code extends ProblemCode>(...codes: Code[]): ProblemResponses<Code> {
  const ordered = PROBLEM_CODES.filter((code) => (codes as ProblemCode[]).includes(code));
  const byStatus = Object.groupBy(ordered, (code) => PROBLEMS[code].status);
  const responses = Object.entries(byStatus).map(([status, group = []]) => [status, problemResponse(group)]);
  return Object.fromEntries(responses) as ProblemResponses<Code>;
}

/** What `impliedProblems` needs to know of a route. */
export interface RouteTraits {
  readonly isPublic: boolean;
  readonly needsScope: boolean;
  readonly isLimited: boolean;
  readonly takesParameters: boolean;
  readonly body: unknown;
}

/** Problems that follow from how a route is declared: its access, its limits, and the media types of its body. */
export function impliedProblems(traits: RouteTraits): ProblemCode[] {
  const media = Object.values(
    (traits.body as { content?: Record<string, { schema: unknown }> } | undefined)?.content ?? {},
  );
  const parsesJson = traits.body !== undefined && (media.length === 0 || media.some(({ schema }) => !isStream(schema)));
  return [
    ...when(traits.takesParameters || parsesJson, 'VALIDATION_FAILED'),
    ...when(parsesJson, 'MALFORMED_JSON', 'REQUEST_TIMEOUT', 'PAYLOAD_TOO_LARGE'),
    ...when(traits.body !== undefined, 'UNSUPPORTED_MEDIA_TYPE'),
    ...when(!traits.isPublic, 'UNAUTHENTICATED'),
    ...when(traits.needsScope, 'INSUFFICIENT_SCOPE'),
    ...when(traits.isLimited, 'RATE_LIMITED'),
    'INTERNAL_ERROR',
    ...when(!traits.isPublic, 'SERVICE_UNAVAILABLE'),
  ];
}

/** The declared answers of a route with more problems; a status that is declared as something else keeps both media types. */
export function withProblems(
  declared: Record<string, RouteResponse>,
  codes: readonly ProblemCode[],
): Record<string, RouteResponse> {
  const merged = { ...declared };
  for (const [status, added] of Object.entries(problems(...codes)) as [string, ProblemResponse][]) {
    const present = merged[status] as Partial<ProblemResponse> | undefined;
    if (present?.codes !== undefined)
      merged[status] = problemResponse([...new Set([...present.codes, ...added.codes])]);
    else if (present !== undefined)
      merged[status] = { ...added, ...present, content: { ...present.content, ...added.content } };
    else merged[status] = added;
  }
  return merged;
}

/** The codes that an answer of a route may carry; none for an answer that is not a problem. */
export function codesOf(response: RouteResponse): readonly ProblemCode[] {
  return (response as Partial<ProblemResponse>).codes ?? [];
}

function problemResponse(codes: readonly ProblemCode[]): ProblemResponse {
  const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' ');
  return { description, codes, content: { 'application/problem+json': { schema: ProblemDocument } } };
}

function when(condition: boolean, ...codes: ProblemCode[]): ProblemCode[] {
  return condition ? codes : [];
}
