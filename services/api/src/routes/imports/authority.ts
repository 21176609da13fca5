import type { Caller } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { checkAuthority } from '../../write.ts';

/**
 * In whose name a list is loaded. With the scope `operations`: the lists of others, as copies unless this deployment is authoritative
 * for them (a hub). With `registry:write`: the caller's own list, where the deployment is authoritative for it.
 * @returns `source` of the members: null, or the administration whose copies they are
 * @throws WRONG_ADMINISTRATION, NOT_AUTHORITATIVE
 */
export function sourceOfList(
  dependencies: Pick<Dependencies, 'isLocal'>,
  caller: Caller,
  administration: string,
): string | null {
  if (!caller.scopes.has('operations')) checkAuthority(dependencies, caller, administration);
  return dependencies.isLocal(administration) ? null : administration;
}
