import type { Condition } from '../decision.ts';
import { programmeAt } from '../network.ts';
import type { AuthorisationType } from '../network-types.ts';
import type { RuleContext } from './context.ts';

const code = 'TYPE_COVERED';

/**
 * The authorisation type counts under the rule: it, or one of its components, is on the rule's list, or, where the rule has none,
 * is recognisable in its programme (`unknown` does not count). Source: reference README (rules.types); UCC DA art. 30 for AEOF.
 */
export function typeCovered(context: RuleContext): Condition {
  const { type } = context;
  if (type === null) return { code, met: false, detail: 'the authorisation has no type' };
  const listed = listedTypes(context);
  const counting = type.components.filter((component) => listed.includes(component));
  if (counting.length > 0 && type.components.length > 1) {
    return { code, met: true, detail: `${type.code} counts through ${counting.join(' and ')}` };
  }
  if (counting.length > 0 || listed.includes(type.code)) return { code, met: true, detail: `${type.code} is covered` };
  const covered = listed.length === 0 ? 'none' : listed.join(', ');
  return { code, met: false, detail: `${type.code} never counts under this rule; covered: ${covered}` };
}

/**
 * The components through which a type counts, and whether one of them is enough: of those on the list one is; of a type listed only as
 * a whole all that its programme calls recognisable (AEOS of an AEOF) must be active, and where it calls none so, all of them.
 */
export function countingComponents(context: RuleContext & { readonly type: AuthorisationType }): {
  readonly components: readonly string[];
  readonly oneIsEnough: boolean;
} {
  const { components } = context.type;
  const among = (codes: readonly string[]) => components.filter((component) => codes.includes(component));
  const listed = among(listedTypes(context));
  if (listed.length > 0) return { components: listed, oneIsEnough: true };
  const recognisable = among(recognisableTypes(context));
  return { components: recognisable.length > 0 ? recognisable : components, oneIsEnough: false };
}

function listedTypes(context: RuleContext): readonly string[] {
  return context.rule.types ?? recognisableTypes(context);
}

function recognisableTypes({ rule, network, question }: RuleContext): readonly string[] {
  const programme = programmeAt(network, rule.programme, question.at);
  return (programme?.types ?? []).filter((type) => type.recognisable === 'yes').map((type) => type.code);
}
