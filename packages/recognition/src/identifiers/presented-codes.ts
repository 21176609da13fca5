import type { Presentation } from '../network-types.ts';
import { applyTemplate } from './transform.ts';

/** A code that a member's partner would write on a recogniser's declaration. */
export interface PresentedCode {
  readonly recogniser: string;
  readonly presentation: string;
  /** As declared; normalise it before comparing it with an identifier. */
  readonly code: string;
  /** True: another member may have the same code. */
  readonly lossy: boolean;
}

/**
 * All codes that the identifiers of a member give under the presentations of its programme. An identifier whose scheme is not known
 * gives none, nor does a presentation without a template (reference README: "the exact form is unknown, declare nothing").
 * @param presentations those of the member's own programme only.
 * @returns each code once, by recogniser, presentation and code: the order of the input does not matter.
 */
export function presentedCodes(
  identifiers: readonly { readonly scheme: string | null; readonly normalised: string }[],
  presentations: Iterable<Presentation>,
): PresentedCode[] {
  const codes = new Map<string, PresentedCode>();
  for (const { id, recogniser, from, template, lossy } of presentations) {
    const source = template?.source ?? from;
    if (template === null || source === null) continue;
    for (const { scheme, normalised } of identifiers) {
      const code = scheme === source ? applyTemplate(template, normalised) : null;
      if (code !== null)
        codes.set(JSON.stringify([recogniser, id, code]), { recogniser, presentation: id, code, lossy });
    }
  }
  return [...codes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, code]) => code);
}
