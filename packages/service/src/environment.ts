import type { z } from 'zod';

/** An environment that cannot be used: a line for each variable that is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/**
 * The variables that an environment holds; an empty one counts as unset, and others are not looked at.
 * @param contradictionsIn lines about variables that do not go together, looked for in what was given, so that they are told beside
 *   those that are wrong by themselves
 * @throws ConfigError with every failure at once; it repeats no values, which may be secrets
 */
export function readEnvironment<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Readonly<Record<string, string | undefined>>,
  contradictionsIn: (given: Readonly<Partial<Record<keyof Shape, string>>>) => readonly string[],
): z.output<z.ZodObject<Shape>> {
  const names = Object.keys(schema.shape) as (keyof Shape & string)[];
  const given = Object.fromEntries(names.flatMap((name) => (env[name]?.trim() ? [[name, env[name]]] : []))) as Readonly<
    Partial<Record<keyof Shape, string>>
  >;
  const { data, error } = schema.safeParse(given);
  const wrong = (error?.issues ?? []).map(({ path, message }) => {
    const name = path.join('.');
    return `${name} ${name in given ? message : 'must be set'}`;
  });
  const lines = [...wrong, ...contradictionsIn(given)];
  if (data === undefined || lines.length > 0) throw new ConfigError(lines);
  return data;
}
