import type { FieldError, ProgrammeBody } from '@mra/contracts';
import { compilePattern, type Network, normaliseIdentifier } from '@mra/recognition';

/** What is wrong with a programme's terms in themselves and in view of the network; the schema has been checked before. */
export function checkProgramme(network: Network, id: string, body: ProgrammeBody): FieldError[] {
  const { administration, types, numberPatterns = [] } = body;
  const errors: FieldError[] = [];
  const refuse = (pointer: string, detail: string) => errors.push({ pointer, detail });

  if (!network.administrations.has(administration)) refuse('/administration', 'is not a known administration');
  // Members are the issuer's for ever, and the id says whose they are where no terms hold.
  const prefix = `${administration.toLowerCase()}-`;
  if (!id.startsWith(prefix)) refuse('/path/programme', `must begin with ${prefix}, the programme's administration`);

  const codes = new Set(types.map(({ code }) => code));
  for (const [index, { components = [] }] of types.entries()) {
    for (const [part, component] of components.entries()) {
      const pointer = `/types/${index}/components/${part}`;
      if (!codes.has(component)) refuse(pointer, 'is not the code of a type of the programme');
      else if (components.indexOf(component) < part) refuse(pointer, 'is an earlier component');
    }
  }
  for (const [index, { regex, example }] of numberPatterns.entries()) {
    const pattern = compilePattern(regex);
    const pointer = `/numberPatterns/${index}`;
    if (pattern === null) refuse(`${pointer}/regex`, 'must be an expression that can be matched in bounded time');
    else if (!pattern.matches(normaliseIdentifier(example))) refuse(`${pointer}/example`, 'does not match regex');
  }
  return errors;
}
