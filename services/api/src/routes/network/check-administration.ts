import type { AdministrationBody, FieldError } from '@mra/contracts';
import type { Network } from '@mra/recognition';

/** What is wrong with an administration in view of the others; the schema has been checked before. */
export function checkAdministration(
  network: Network,
  code: string,
  { members = [] }: AdministrationBody,
): FieldError[] {
  const unions = new Set(network.unionMembers.map(({ union }) => union));
  return members.flatMap((member, index) => {
    const detail = wrong(member.code);
    return detail === null ? [] : [{ pointer: `/members/${index}/code`, detail }];
  });

  function wrong(member: string): string | null {
    if (member === code) return 'must not be the union itself';
    if (!network.administrations.has(member)) return 'is not a known administration';
    return unions.has(member) ? 'must not be a union' : null;
  }
}
