import {
  type AgreementTerms,
  ALWAYS,
  type IdentifierScheme,
  indexNetwork,
  type Network,
  type PartyStart,
  type Presentation,
  type ProgrammeTerms,
  type RecognitionRule,
  startOfDay,
} from '@mra/recognition';
import administrations from '../../db/seeds/reference/administrations.json' with { type: 'json' };
import agreements from '../../db/seeds/reference/agreements.json' with { type: 'json' };
import schemes from '../../db/seeds/reference/identifier-schemes.json' with { type: 'json' };
import presentations from '../../db/seeds/reference/presentations.json' with { type: 'json' };
import programmes from '../../db/seeds/reference/programmes.json' with { type: 'json' };

const instantOf = (day: string | null): string | null => (day === null ? null : startOfDay(day));

/** The real network, straight from the reference data: what the core decides on without a database. */
export const referenceNetwork: Network = indexNetwork({
  version: 1,
  administrations: administrations.map(({ code }) => code),
  unionMembers: administrations.flatMap(({ code, members }) =>
    (members as { code: string; from: string | null; to: string | null }[]).map((member) => ({
      union: code,
      member: member.code,
      valid: { from: instantOf(member.from), to: instantOf(member.to) },
    })),
  ),
  programmes: programmes.map((programme) => ({ ...programme, valid: ALWAYS }) as unknown as ProgrammeTerms),
  agreements: agreements.map(
    (agreement): AgreementTerms => ({
      id: agreement.id,
      title: agreement.title,
      citation: agreement.citation,
      lifeCycle: agreement.status as AgreementTerms['lifeCycle'],
      signedOn: agreement.signedOn,
      inForceOn: agreement.inForceOn,
      partyEffective: agreement.partyEffective as PartyStart[],
      reviewedOn: '2026-01-01',
      rules: (agreement.rules as unknown as RecognitionRule[]).map((rule) => ({ ...rule, pilotMembers: null })),
      valid: ALWAYS,
    }),
  ),
  presentations: presentations.map(
    ({ transform, ...presentation }) =>
      ({ ...presentation, words: transform.words, template: transform.template }) as unknown as Presentation,
  ),
  schemes: schemes as unknown as IdentifierScheme[],
});
