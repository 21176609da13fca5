import { type AdministrationBody, type FieldError, unknownAdministration, type WellFormed } from '@mra/contracts';
import type { Network } from '@mra/recognition';

/** What is wrong with an administration, or with what is well-formed of one, in view of the others. */
export function checkAdministration(
  network: Network,
  code: string | undefined,
  { kind, members = [] }: WellFormed<AdministrationBody>,
): FieldError[] {
  const { unions } = network;
  // Without its members whoever has left it would count as issued within it again.
  const isUnion = code !== undefined && unions.has(code) && kind !== undefined && kind !== 'union';
  const wrongKind = isUnion ? [{ pointer: '/kind', detail: 'must be union, as it has been' }] : [];
  const wrongMembers = members.flatMap((member, index) => {
    const detail = member?.code === undefined ? null : wrong(member.code);
    return detail === null ? [] : [{ pointer: `/members/${index}/code`, detail }];
  });
  return [...wrongKind, ...wrongMembers];

  function wrong(member: string): string | null {
    if (member === code) return 'must not be the union itself';
    if (!network.administrations.has(member)) return unknownAdministration(member);
    return unions.has(member) ? 'must not be a union' : null;
  }
}
