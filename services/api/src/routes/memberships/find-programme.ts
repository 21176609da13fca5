import { problem } from '@mra/contracts';
import { type Instant, type Network, type ProgrammeTerms, programmeAt } from '@mra/recognition';

/** The programme of a path, with its terms at an instant (its first ones when it began later). Throws NOT_FOUND. */
export function findProgramme(network: Network, id: string, at: Instant): ProgrammeTerms {
  const terms = programmeAt(network, id, at) ?? network.programmes.get(id)?.[0];
  if (terms === undefined) throw problem('NOT_FOUND');
  return terms;
}
