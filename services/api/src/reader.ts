import type { Caller } from '@mra/http';
import type { Actor } from '@mra/registry';
import type { Dependencies } from './dependencies.ts';

/** Whoever reads the registry: copies are for the administrations of this deployment, which received them (exchange.md: never passed on). */
export function readerOf({ isLocal }: Pick<Dependencies, 'isLocal'>, { clientId, administration }: Caller): Actor {
  return { client: clientId, administration, home: administration !== null && isLocal(administration) };
}
