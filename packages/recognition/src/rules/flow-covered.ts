import type { Condition } from '../decision.ts';
import type { RuleContext } from './context.ts';

const code = 'FLOW_COVERED';
const MET: Condition = Object.freeze({ code, met: true });
const NOT_ASKED: Condition = Object.freeze({ code, met: true, detail: 'no flow asked about' });

/** A flow that is asked about, seen from the recogniser, is one the rule covers (domain.md A.4: import only or both, by announcement). */
export function flowCovered({ question: { flow }, rule }: RuleContext): Condition {
  if (flow === undefined) return NOT_ASKED;
  if (rule.flows === null || rule.flows.includes(flow)) return MET;
  return { code, met: false, detail: `covers ${rule.flows.join(' and ')} only` };
}
