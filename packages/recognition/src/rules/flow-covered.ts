import type { Condition } from '../decision.ts';
import type { RuleContext } from './context.ts';

const code = 'FLOW_COVERED';

/** A flow that is asked about, seen from the recogniser, is one the rule covers (domain.md A.4: import only or both, by announcement). */
export function flowCovered({ question: { flow }, rule }: RuleContext): Condition {
  if (flow === undefined) return { code, met: true, detail: 'no flow asked about' };
  if (rule.flows === null || rule.flows.includes(flow)) return { code, met: true };
  return { code, met: false, detail: `covers ${rule.flows.join(' and ')} only` };
}
