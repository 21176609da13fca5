import type { Condition } from '../decision.ts';
import { programmeAt } from '../network.ts';
import type { AuthorisationType, ProgrammeTerms } from '../network-types.ts';
import type { RuleContext } from './context.ts';

const code = 'TYPE_COVERED';
const NO_TYPE: Condition = Object.freeze({ code, met: false, detail: 'the authorisation has no type' });

/**
 * The authorisation type counts under the rule: it, or one of its components, is on the rule's list, or, where the rule has none,
 * is recognisable in its programme (`unknown` does not count). Source: reference README (rules.types); UCC DA art. 30 for AEOF.
 */
export function typeCovered(context: RuleContext): Condition {
  return context.type === null ? NO_TYPE : coverageOf(context, context.type).condition;
}

/** The components through which a type counts, and whether one of them is enough. */
export interface Counting {
  readonly components: readonly string[];
  readonly oneIsEnough: boolean;
}

/**
 * Through which components a type counts: of those on the list one is enough; of a type listed only as a whole all that its programme
 * calls recognisable (AEOS of an AEOF) must be active, and where it calls none so, all of them.
 */
export function countingComponents(context: RuleContext, type: AuthorisationType): Counting {
  return coverageOf(context, type).counting;
}

interface Coverage {
  readonly recognisable: readonly string[];
  readonly condition: Condition;
  readonly counting: Counting;
}

/** Of each type under each list of types (a rule's, or a programme's own) it is worked out once: every question asks three times. */
const coverages = new WeakMap<AuthorisationType, WeakMap<readonly string[], Coverage>>();

function coverageOf({ rule, network, question }: RuleContext, type: AuthorisationType): Coverage {
  const recognisable = recognisableTypes(programmeAt(network, rule.programme, question.at));
  const listed = rule.types ?? recognisable;
  let ofType = coverages.get(type);
  if (ofType === undefined) {
    ofType = new WeakMap();
    coverages.set(type, ofType);
  }
  const known = ofType.get(listed);
  if (known?.recognisable === recognisable) return known;
  const coverage = {
    recognisable,
    condition: Object.freeze(conditionOf(type, listed)),
    counting: countingOf(type, listed, recognisable),
  };
  ofType.set(listed, coverage);
  return coverage;
}

function conditionOf(type: AuthorisationType, listed: readonly string[]): Condition {
  const counting = type.components.filter((component) => listed.includes(component));
  if (counting.length > 0 && type.components.length > 1) {
    return { code, met: true, detail: `${type.code} counts through ${counting.join(' and ')}` };
  }
  if (counting.length > 0 || listed.includes(type.code)) return { code, met: true, detail: `${type.code} is covered` };
  const covered = listed.length === 0 ? 'none' : listed.join(', ');
  return { code, met: false, detail: `${type.code} never counts under this rule; covered: ${covered}` };
}

function countingOf(
  { components }: AuthorisationType,
  listedTypes: readonly string[],
  recognisableTypes: readonly string[],
): Counting {
  const among = (codes: readonly string[]) => components.filter((component) => codes.includes(component));
  const listed = among(listedTypes);
  if (listed.length > 0) return { components: listed, oneIsEnough: true };
  const recognisable = among(recognisableTypes);
  return { components: recognisable.length > 0 ? recognisable : components, oneIsEnough: false };
}

const NONE: readonly string[] = [];
const recognisableOf = new WeakMap<ProgrammeTerms, readonly string[]>();

/** The types that a programme calls recognisable: the same list each time. */
function recognisableTypes(programme: ProgrammeTerms | null): readonly string[] {
  if (programme === null) return NONE;
  const known = recognisableOf.get(programme);
  if (known !== undefined) return known;
  const recognisable = programme.types.filter((type) => type.recognisable === 'yes').map((type) => type.code);
  recognisableOf.set(programme, recognisable);
  return recognisable;
}
