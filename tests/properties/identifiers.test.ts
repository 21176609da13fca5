import { applyTemplate, isPlausibleIdentifier, matchName, normaliseIdentifier, type Template } from '@mra/recognition';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const spacing = fc.constantFrom(' ', '-', '\u2011', '\u2013', '\u2212', '\u00a0', '\u200b', '\ufeff', '\t');
const identifier = fc.stringMatching(/^[A-Z0-9/]{1,20}$/);

describe('normaliseIdentifier', () => {
  test('is idempotent', () => {
    fc.assert(
      fc.property(text, (given) => {
        const normalised = normaliseIdentifier(given);
        expect(normaliseIdentifier(normalised)).toBe(normalised);
      }),
      { numRuns: 2000 },
    );
  });

  test('spacing and case make no difference', () => {
    fc.assert(
      fc.property(identifier, spacing, fc.nat(20), (plain, space, at) => {
        const written = `${plain.slice(0, at)}${space}${plain.slice(at)}`.toLowerCase();
        expect(normaliseIdentifier(written)).toBe(plain);
      }),
    );
  });

  test('what is plausible holds no spacing and is normalised as it stands', () => {
    fc.assert(
      fc.property(text, (given) => {
        const normalised = normaliseIdentifier(given);
        if (isPlausibleIdentifier(normalised)) expect(normalised).toMatch(/^\S{1,64}$/u);
        expect(isPlausibleIdentifier(` ${normalised}`)).toBe(false);
      }),
    );
  });
});

describe('applyTemplate', () => {
  const piece = fc.record({ from: fc.integer({ min: -1, max: 12 }), length: fc.integer({ min: 0, max: 12 }) });
  const template: fc.Arbitrary<Template> = fc.record(
    {
      strip: fc.constantFrom('', 'A', 'AEO', 'MY'),
      take: fc.array(piece, { minLength: 1, maxLength: 3 }),
      prefix: fc.constantFrom('', 'A', 'AEO', 'MY'),
      suffix: fc.constantFrom('', '00', 'MY00'),
      pattern: fc.constantFrom(
        '^[A-Z0-9]{1,12}$',
        '^A',
        '^(MY)?[0-9]+$',
        '^[A-Z]{2}[A-Z0-9]{1,15}$',
        '^.{3,9}$',
        '^(A+)+$',
        '[',
      ),
    },
    { requiredKeys: [] },
  );

  test('a code matches the pattern of its template, is complete, and the same each time', () => {
    fc.assert(
      fc.property(template, identifier, (given, value) => {
        const code = applyTemplate(given, value);
        expect(applyTemplate({ ...given }, value)).toBe(code);
        if (code === null) return;
        if (given.pattern !== undefined) expect(code).toMatch(new RegExp(given.pattern));
        const taken =
          given.take?.reduce((length, { length: more }) => length + more, 0) ??
          value.length - (given.strip?.length ?? 0);
        expect(code).toHaveLength(taken + (given.prefix?.length ?? 0) + (given.suffix?.length ?? 0));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('matchName', () => {
  const name = fc.oneof(text, fc.stringMatching(/^[A-C]{1,4} [A-C]{1,4}( Ltd| Limited| Inc)?$/));
  const registered = (given: string) => [{ name: given, kind: 'legal' as const }];

  test('is the same both ways, with a score from 0 to 1', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [one, other] = [matchName(a, registered(b)), matchName(b, registered(a))];
        expect([other?.result, other?.score]).toEqual([one?.result, one?.score]);
        expect(one?.score).toBeGreaterThanOrEqual(0);
        expect(one?.score).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('a name is exactly itself, and one more registered name never makes the match worse', () => {
    const ranks = ['different', 'review', 'normalised', 'exact'];
    fc.assert(
      fc.property(name, name, name, (asked, first, second) => {
        expect(matchName(asked, registered(asked))?.result).toBe('exact');
        const rank = (match: ReturnType<typeof matchName>): number => ranks.indexOf(match?.result ?? 'different');
        const both = matchName(asked, [...registered(first), ...registered(second)]);
        expect(rank(both)).toBe(
          Math.max(rank(matchName(asked, registered(first))), rank(matchName(asked, registered(second)))),
        );
      }),
    );
  });
});
