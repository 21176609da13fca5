import { type FieldError, type ProgrammeBody, unknownAdministration, type WellFormed } from '@mra/contracts';
import { compilePattern, type Network, normaliseIdentifier } from '@mra/recognition';

/**
 * What is wrong with a programme's terms, or with what is well-formed of them, in themselves and in view of the network.
 * @param id undefined where the path has none
 */
export function checkProgramme(
  network: Network,
  id: string | undefined,
  body: WellFormed<ProgrammeBody>,
): FieldError[] {
  const { administration, types = [], numberPatterns = [] } = body;
  const errors: FieldError[] = [];
  const refuse = (pointer: string, detail: string) => errors.push({ pointer, detail });

  if (administration !== undefined) {
    if (!network.administrations.has(administration)) refuse('/administration', unknownAdministration(administration));
    // Members are the issuer's for ever, and the id says whose they are where no terms hold.
    const prefix = `${administration.toLowerCase()}-`;
    if (id?.startsWith(prefix) === false) {
      refuse('/path/programme', `must begin with ${prefix}, the programme's administration`);
    }
  }
  const codes = new Set(types.map((type) => type?.code));
  for (const [index, { components = [] } = {}] of types.entries()) {
    for (const [part, component] of components.entries()) {
      if (component === undefined) continue;
      const pointer = `/types/${index}/components/${part}`;
      // A code that is not well-formed may have been meant.
      if (!codes.has(component) && !codes.has(undefined)) refuse(pointer, 'is not the code of a type of the programme');
      else if (components.indexOf(component) < part) refuse(pointer, 'is an earlier component');
    }
  }
  for (const [index, { regex, example } = {}] of numberPatterns.entries()) {
    if (regex === undefined || example === undefined) continue;
    const pattern = compilePattern(regex);
    const pointer = `/numberPatterns/${index}`;
    if (pattern === null) refuse(`${pointer}/regex`, 'must be an expression that can be matched in bounded time');
    else if (!pattern.matches(normaliseIdentifier(example))) refuse(`${pointer}/example`, 'does not match regex');
  }
  return errors;
}
