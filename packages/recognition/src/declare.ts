import type { Declare, DeclareNote } from './decision.ts';
import { constructMid } from './identifiers/mid.ts';
import { applyTemplate } from './identifiers/transform.ts';
import type { MembershipFacts } from './membership-types.ts';
import type { Network, Presentation, RecognitionRule } from './network-types.ts';
import type { Question } from './question.ts';
import { contains } from './time.ts';

/**
 * What the trader's partner writes on the recogniser's declaration under a rule; null where the rule does not say, or the exact form
 * of the code is not known (reference README, presentations.json: "declare nothing"). Transformations run forward only.
 */
export function declareUnder(
  rule: RecognitionRule,
  network: Network,
  membership: MembershipFacts,
  question: Question,
): Declare | null {
  const presentation = presentationUnder(rule, network);
  if (presentation === undefined) return null;
  const { strategy, where } = presentation;
  const base = { strategy, where, identifier: null, note: presentation.words, hint: null };
  switch (strategy) {
    case 'UNKNOWN':
      return null;
    case 'PARTNER_CODE':
    case 'TRANSFORMED_CODE':
      return presentation.template === null ? null : { ...base, ...transformed(presentation, membership, question) };
    case 'RECOGNISER_CODE':
    case 'IMPORTER_DERIVED': {
      const issued = values(membership, presentation.from, question);
      const identifier = issued.length === 1 ? (issued[0] ?? null) : null;
      const hint = identifier === null && presentation.template?.builder === 'mid' ? midHint(membership) : null;
      return { ...base, identifier, hint };
    }
    case 'NAME_ADDRESS':
      return base;
  }
}

/**
 * Of a rule under which {@link declareUnder} says nothing: where something is declared, and what is known of it in words. Null where
 * no presentation is known, which may mean that recognition needs nothing declared.
 */
export function declareNoteUnder(rule: RecognitionRule, network: Network): DeclareNote | null {
  const { where = null, words = null } = presentationUnder(rule, network) ?? {};
  return where === null && words === null ? null : { where, note: words };
}

function presentationUnder(rule: RecognitionRule, network: Network): Presentation | undefined {
  return rule.presentation === null ? undefined : network.presentations.get(rule.presentation);
}

function transformed(
  { template, from, words, lossy }: Presentation,
  membership: MembershipFacts,
  question: Question,
): Pick<Declare, 'identifier' | 'note'> {
  const scheme = template?.source ?? from;
  const codes = values(membership, scheme, question)
    .map((value) => (template === null ? null : applyTemplate(template, value)))
    .filter((code) => code !== null);
  const identifier = new Set(codes).size === 1 ? (codes[0] ?? null) : null;
  if (identifier === null)
    return { identifier, note: `${words ?? ''} (no single ${scheme} is registered for this member)` };
  return { identifier, note: lossy ? `${words}; another member may have the same code` : words };
}

/** The member's own identifiers of a scheme that hold at the instant asked about. */
function values(membership: MembershipFacts, scheme: string | null, { at }: Question): readonly string[] {
  const held = membership.identifiers.filter(
    (fact) => fact.origin !== 'presented' && fact.scheme === scheme && contains(fact.valid, at),
  );
  return [...new Set(held.map((fact) => fact.normalised))];
}

function midHint(membership: MembershipFacts): string | null {
  const name = membership.names.find((candidate) => candidate.kind === 'legal') ?? membership.names[0];
  const address = membership.addresses[0];
  if (name === undefined || !address?.city) return null;
  const { city, country, region } = address;
  return constructMid({
    name: name.name,
    street: address.street ?? '',
    city,
    country,
    ...(region ? { province: region } : {}),
  });
}
