import type { Caller } from '@mra/http';
import { recognisingTerritories } from '@mra/recognition';
import type { Actor } from '@mra/registry';
import type { Dependencies } from './dependencies.ts';

/**
 * Whoever reads the registry: copies are for the administrations of this deployment, which received them (exchange.md: never passed on),
 * and for the members of its unions: a union is one customs territory.
 */
export async function readerOf(
  { isLocal, networks, now }: Pick<Dependencies, 'isLocal' | 'networks' | 'now'>,
  { clientId, administration }: Caller,
): Promise<Actor> {
  const isHome = async (code: string): Promise<boolean> =>
    isLocal(code) || recognisingTerritories(await networks.current(), code, now()).some(isLocal);
  return { client: clientId, administration, home: administration !== null && (await isHome(administration)) };
}
