import { z } from 'zod';

/**
 * A longer list is not looked into when it does not fit: none may be so long (the rules of an agreement may be 2,000), and checks of its
 * items against each other would take too long.
 */
const MOST_ITEMS = 2000;

/** What is left of a value when the parts that do not fit its schema are taken out: every field may be absent, and every item. */
export type WellFormed<T> = T extends readonly (infer Item)[]
  ? readonly (WellFormed<Item> | undefined)[]
  : T extends object
    ? { readonly [Field in keyof T]?: WellFormed<T[Field]> | undefined }
    : T;

/**
 * The fields of an object that fit their own schemas, however deep, for checks that must also run where other fields are wrong, so that
 * a caller learns of every wrong field at once (api.md, conventions). Checks across fields are not asked about, nor unknown fields.
 * @param value as received, of any content
 * @returns as the schema gives it; items of lists keep their places; no field of what is no object
 */
export function wellFormed<Shape extends z.core.$ZodShape, Config extends z.core.$ZodObjectConfig>(
  schema: z.ZodObject<Shape, Config>,
  value: unknown,
): WellFormed<z.output<z.ZodObject<Shape, Config>>> {
  return (partOf(schema, value) ?? {}) as WellFormed<z.output<z.ZodObject<Shape, Config>>>;
}

function partOf(schema: z.core.$ZodType, value: unknown): unknown {
  if (value === undefined) return undefined;
  const { success, data } = z.safeParse(schema, value);
  if (success) return data;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return partOf(schema.unwrap(), value);
  if (schema instanceof z.ZodArray) return itemsOf(schema, value);
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) return undefined;
  const own = Object.keys(schema.shape).filter((field) => Object.hasOwn(value, field));
  return Object.fromEntries(
    own.map((field) => [field, partOf(schema.shape[field] as z.ZodType, (value as Record<string, unknown>)[field])]),
  );
}

function itemsOf(schema: z.ZodArray, items: unknown): unknown[] | undefined {
  if (!Array.isArray(items) || items.length > MOST_ITEMS) return undefined;
  return items.map((item) => partOf(schema.element, item));
}
