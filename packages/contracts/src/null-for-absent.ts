import { z } from 'zod';

/**
 * Whether null was sent for a field that may be left out: told from one that is needed, because there is then a way to say that it is
 * not known.
 * @param path of an issue of a parse that failed; what is behind unions and transforms is not looked into
 */
export function isNullForAbsent(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): boolean {
  if (path.length === 0) return value === null && z.safeParse(schema, undefined).success;
  const [step, ...rest] = path as readonly [PropertyKey, ...PropertyKey[]];
  const inner = partOf(schema, step);
  if (inner === undefined || typeof value !== 'object' || value === null) return false;
  return isNullForAbsent(inner, (value as Record<PropertyKey, unknown>)[step], rest);
}

function partOf(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodPrefault)
    return partOf(schema.unwrap(), step);
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodObject ? schema.shape[step as string] : undefined;
}
