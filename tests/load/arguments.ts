/** A whole number from a command line, `1_000` too; `usual` where it is not given. @throws Error of one line that names the option */
export function numberOf(name: string, given: string | undefined, usual: number): number {
  if (given === undefined) return usual;
  if (!/^[1-9][0-9_]{0,9}$/.test(given)) throw new Error(`--${name} must be a whole number, not "${given}"`);
  return Number(given.replaceAll('_', ''));
}

/** What `--only` names. @throws Error of one line when it is none of `known` */
export function namesOf<const Name extends string>(given: string, known: readonly Name[]): ReadonlySet<Name> {
  const names = given.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(known as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`--only: ${unknown.join(', ')} is none of ${known.join(', ')}`);
  return new Set(names as Name[]);
}
