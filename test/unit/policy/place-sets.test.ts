import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePattern } from '../../../src/policy/pattern.ts';
import { placesMatch } from '../../../src/policy/place-sets.ts';
import { arnMatches, globMatches, patternOf } from './reference.ts';

const NAMES = { glob: globMatches, resource: arnMatches } as const;
const flavors = ['glob', 'resource'] as const;

function matches(flavor: (typeof flavors)[number], pattern: string, text: string): boolean {
  return placesMatch(parsePattern(pattern, { flavor, variables: false }).fixed ?? [], text);
}

/**
 * Repeats make texts of more than one word of 32 places. Wildcards are not repeated: the regular expression would try
 * without end, which is what this way of matching is there for.
 */
const repeated = (unit: fc.Arbitrary<string>, max: number) =>
  fc
    .array(fc.tuple(unit, fc.constantFrom(1, 1, 1, 2, 30, 31, 32, 33)), { maxLength: max })
    .map((parts) => parts.map(([one, times]) => (/[*?]/.test(one) ? one : one.repeat(times))).join(''));

describe('matching by sets of places', () => {
  test.each(flavors)('agrees with a regular expression on random texts: %s', (flavor) => {
    const pattern = repeated(fc.constantFrom('a', 'b', ':', '*', '?', '?', '😀'), 5);
    const text = repeated(fc.constantFrom('a', 'b', ':', '😀'), 4);
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(matches(flavor, p, t)).toBe(NAMES[flavor](patternOf(p), t));
      }),
      { numRuns: 1500 },
    );
  });

  test.each(flavors)('agrees with a regular expression on texts made from the pattern: %s', (flavor) => {
    const piece = fc.constantFrom('a', 'b', ':', '*', '?', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '😀');
    const fillings = fc.array(fc.constantFrom('', 'a', ':', 'ab', 'b:a', '😀', 'a'.repeat(33)), {
      minLength: 7,
      maxLength: 7,
    });
    let hits = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 7 }), fillings, (pieces, fill) => {
        const p = pieces.join('');
        const t = pieces.map((one, at) => (one === '*' || one === '?' ? fill[at] : one)).join('');
        const expected = NAMES[flavor](patternOf(p), t);
        if (expected) hits += 1;
        expect(matches(flavor, p, t)).toBe(expected);
      }),
      { numRuns: 1500 },
    );
    expect(hits).toBeGreaterThan(200);
  });

  test.each([
    ['a', 'a', true],
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['?', '', false],
    ['?', '😀', true],
    ['??', '😀', false],
    ['a*', `a${'b'.repeat(31)}`, true],
    ['*b', `${'a'.repeat(31)}b`, true],
    ['*b', `${'a'.repeat(32)}b`, true],
    [`${'?'.repeat(31)}b`, `${'a'.repeat(31)}b`, true],
    [`${'?'.repeat(32)}b`, `${'a'.repeat(31)}b`, false],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(matches('glob', pattern, text)).toBe(expected);
  });
});
