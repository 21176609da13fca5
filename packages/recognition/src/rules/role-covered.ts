import type { Condition } from '../decision.ts';
import type { RuleContext } from './context.ts';

const code = 'ROLE_COVERED';
const MET: Condition = Object.freeze({ code, met: true });
const NOT_ASKED: Condition = Object.freeze({ code, met: true, detail: 'no role asked about' });

/**
 * A role that is asked about is on the rule's list and, where the member's roles are known, is one the member has.
 * A membership can be valid and yet bring nothing in this role (domain.md A.9). Source: reference README (rules.roles).
 */
export function roleCovered({ question: { role }, rule, membership }: RuleContext): Condition {
  if (role === undefined) return NOT_ASKED;
  if (rule.roles !== null && !rule.roles.includes(role)) {
    return {
      code,
      met: false,
      detail: `the agreement covers ${rule.roles.join(', ')}; the membership itself may be valid`,
    };
  }
  if (membership.roles.length > 0 && !membership.roles.includes(role)) {
    return { code, met: false, detail: `the member is registered as ${membership.roles.join(', ')}` };
  }
  return MET;
}
