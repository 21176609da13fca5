import type { Template } from '../network-types.ts';
import { MAX_IDENTIFIER_LENGTH, normaliseIdentifier } from './normalise.ts';
import { compilePattern, type Pattern } from './pattern.ts';

const compiled = new WeakMap<Template, Pattern | null>();

/**
 * The code that a template of presentations.json makes of a member's identifier: strip a prefix, take pieces, add a prefix and a suffix,
 * check the result. Forward only: a lossy template gives two members one code, so a code is never turned back into an identifier.
 * @param value an identifier of the scheme the template names; it is normalised first.
 * @returns null when the value does not fit and nothing may be declared: the prefix to strip is missing, nothing is left, a piece lies
 * partly outside, the result is too long or does not match its pattern. Also null for a `builder`: {@link constructMid} is a hint only.
 */
export function applyTemplate(template: Template, value: string): string | null {
  if (template.builder !== undefined) return null;
  const stripped = strip(normaliseIdentifier(value), template.strip ?? '');
  const taken = stripped === null ? null : takePieces(stripped, template.take);
  if (taken === null || taken === '') return null;
  const code = `${template.prefix ?? ''}${taken}${template.suffix ?? ''}`;
  if (code.length > MAX_IDENTIFIER_LENGTH) return null;
  return template.pattern === undefined || patternOf(template, template.pattern)?.matches(code) ? code : null;
}

function strip(value: string, prefix: string): string | null {
  return value.startsWith(prefix) ? value.slice(prefix.length) : null;
}

/** A piece that would be cut short makes a shorter code, which could be another trader's: no code instead. */
function takePieces(value: string, pieces: Template['take']): string | null {
  if (pieces === undefined) return value;
  const inRange = pieces.every(
    ({ from, length }) =>
      Number.isInteger(from) && Number.isInteger(length) && from >= 0 && length > 0 && from + length <= value.length,
  );
  return inRange ? pieces.map(({ from, length }) => value.slice(from, from + length)).join('') : null;
}

function patternOf(template: Template, source: string): Pattern | null {
  const known = compiled.get(template);
  if (known !== undefined) return known;
  const pattern = compilePattern(source);
  compiled.set(template, pattern);
  return pattern;
}
