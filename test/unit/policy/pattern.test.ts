// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestContext } from '../../../src/policy/context.ts';
import { MalformedPolicy } from '../../../src/policy/malformed-policy.ts';
import { type Flavor, parsePattern, patternMatches } from '../../../src/policy/pattern.ts';
import { arnMatches, globMatches, patternOf } from './reference.ts';

const nobody = requestContext({});

function matches(flavor: Flavor, pattern: string, text: string, context = nobody): boolean {
  return patternMatches(parsePattern(pattern, { flavor, variables: true }), text, context);
}

describe('a glob', () => {
  test.each([
    ['*', '', true],
    ['?', '', false],
    ['?', 'a', true],
    ['?', '😀', true],
    ['??', '😀', false],
    ['*??', '😀', false],
    ['a*b', 'ab', true],
    ['a*b', 'a:/b', true],
    ['a*b', 'abc', false],
    ['a*b*c', 'abbbcbc', true],
    ['*a?c*', 'xxabcabx', true],
    ['**a**', 'a', true],
    ['', '', true],
    ['', 'a', false],
    ['A', 'a', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['a\\*', 'a\\b', true],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(matches('glob', pattern, text)).toBe(expected);
  });

  test('agrees with a regular expression on random texts', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?', '.'), maxLength: 9 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.', '😀'), maxLength: 9 });
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(matches('glob', p, t)).toBe(globMatches(patternOf(p), t));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('an ARN pattern', () => {
  test.each([
    ['a:*:c', 'a:b:c', true],
    ['a:*:c', 'a:b:x:c', true],
    ['a:b*:c', 'a:bx:y:c', true],
    ['a:*b:c', 'a:xb:c', true],
    ['a:*b:c', 'a:x:b:c', false],
    ['a:*', 'a:b:c:d', true],
    ['a:b*', 'a:bc:d', true],
    ['a:b*d', 'a:bc:d', false],
    ['a:b*d', 'a:b/c/d', true],
    ['a:?', 'a::', false],
    ['a:?b', 'a::b', false],
    ['*?', 'a:', false],
    ['*?', 'a:b', false],
    ['a:**:c', 'a:b:x:c', true],
    ['*:b*c:*', 'x:bc:b:y', true],
    ['*:b*c:*', 'x:b:c:y', false],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(matches('resource', pattern, text)).toBe(expected);
  });

  test('agrees with a regular expression on random texts', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', ':', '*', '*', '?'), maxLength: 12 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(matches('resource', p, t)).toBe(arnMatches(patternOf(p), t));
      }),
      { numRuns: 5000 },
    );
  });

  test('agrees with a regular expression on texts made from the pattern itself', () => {
    // Random texts rarely match; here each wildcard is filled in, sometimes with a colon.
    const filler = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 3 });
    const piece = fc.oneof(
      fc.constantFrom('a', 'b', ':', ':a').map((text) => [text, text]),
      filler.map((text) => ['*', text]),
      fc.constantFrom('a', 'b', ':').map((text) => ['?', text]),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const pattern = pieces.map(([shown]) => shown).join('');
        const text = pieces.map(([, meant]) => meant).join('');
        expect(matches('resource', pattern, text)).toBe(arnMatches(patternOf(pattern), text));
        expect(matches('glob', pattern, text)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the components of an ARN in a condition', () => {
  test.each([
    ['a:*:c', 'a:b:c', true],
    ['a:*:c', 'a:b:x:c', false],
    ['a:*', 'a:b:c', false],
    ['*', 'a:b', false],
    ['a:?', 'a:b', true],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(matches('segments', pattern, text)).toBe(expected);
  });
});

describe('a policy variable', () => {
  const context = requestContext({
    'aws:username': 'bob',
    'aws:PrincipalTag/Cost Center': 'x-1',
    'k:list': ['a', 'b'],
    'k:empty': '',
    'k:none': [],
  });

  test.each([
    ['${aws:username}', 'bob', true],
    ['${AWS:UserName}', 'bob', true],
    ['${ aws:username }', 'bob', true],
    ['a${aws:username}b', 'abobb', true],
    ['*${aws:username}?', 'xbobx', true],
    ['${aws:principaltag/cost center}', 'x-1', true],
    ['${k:unknown}', '', false],
    ["${k:unknown, 'eve'}", 'eve', true],
    ["${k:unknown,'eve' }", 'eve', true],
    ["${k:unknown, ''}", '', true],
    ["${aws:username, 'eve'}", 'bob', true],
    ["${aws:username, 'eve'}", 'eve', false],
    ["${k:unknown, '}'}", '}', true],
    ["${k:unknown, '${aws:username}'}", '${aws:username}', true],
    ["${k:unknown, '*'}", 'anything', false],
    ['${k:list}', 'a', false],
    ["${k:list, 'c'}", 'c', true],
    ['${k:empty}', '', true],
    ["${k:none, 'd'}", 'd', true],
    ['${__proto__}', '', false],
    ['${constructor}', '', false],
    ['$bob$', '$bob$', true],
    ['{aws:username}', '{aws:username}', true],
    ['${$}{aws:username}', '${aws:username}', true],
    ['${*}${?}', '*?', true],
    ['${*}${?}', 'ab', false],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(matches('glob', pattern, text, context)).toBe(expected);
  });

  test.each([
    '${',
    '${}',
    '${aws:username',
    'a${ }',
    '${a\nb}',
    '${**}',
    '${a*}',
    '${k, x}',
    "${k, 'x}",
    '${k,}',
    '${a${b}}',
  ])('%j is refused', (pattern) => {
    expect(() => parsePattern(pattern, { flavor: 'glob', variables: true })).toThrow(MalformedPolicy);
    expect(() => parsePattern(pattern, { flavor: 'glob', variables: false })).not.toThrow();
  });

  test('gives only literal text, whatever its value (GHSA-59w7-v8rr-pr4p)', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('*', '?', '$', '{', '}', 'a', ':', ','),
      maxLength: 8,
    });
    const text = fc.string({ unit: fc.constantFrom('a', ':', '*', '$'), maxLength: 8 });
    fc.assert(
      fc.property(
        hostile,
        text,
        fc.constantFrom<Flavor>('exact', 'glob', 'resource', 'segments'),
        (value, t, flavor) => {
          const asked = requestContext({ 'k:v': value });
          expect(matches(flavor, 'p/${k:v}', `p/${t}`, asked)).toBe(t === value);
          expect(matches(flavor, 'p/${k:v}', `p/${value}`, asked)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('does not lengthen the reach of a star before it, empty or beginning with a colon', () => {
    expect(matches('resource', 'a:*${k:v}', 'a:b:c', requestContext({ 'k:v': '' }))).toBe(false);
    expect(matches('resource', 'a:*${k:v}', 'a:b', requestContext({ 'k:v': '' }))).toBe(true);
    expect(matches('resource', 'a:*${k:v}', 'a:b:c:d', requestContext({ 'k:v': ':d' }))).toBe(false);
    expect(matches('resource', 'a:*${k:v}', 'a:b:d', requestContext({ 'k:v': ':d' }))).toBe(true);
  });

  test('may fold case together with the text around it', () => {
    const pattern = parsePattern('Α${k:v}', { flavor: 'exact', variables: true, ignoreCase: true });
    // Both sigmas are one letter, wherever they stand.
    expect(patternMatches(pattern, 'ασ', requestContext({ 'k:v': 'Σ' }))).toBe(true);
    expect(patternMatches(pattern, 'ασ', requestContext({ 'k:v': 'T' }))).toBe(false);
  });
});

describe('hostile patterns', () => {
  const longest = 'a'.repeat(4096);

  test.each([
    ['many runs', `${'*a'.repeat(60_000)}*b`, longest],
    ['many runs that fit', `${'*a'.repeat(2000)}*b`, longest],
    ['runs within segments', `x:${'*a'.repeat(2000)}b:y`, `x:${longest}:y`],
    ['both kinds of runs', `${'*:*a'.repeat(500)}b`, ':aa'.repeat(1300)],
    ['a long chunk with question marks', `*${'a?'.repeat(1000)}b*`, longest],
    ['a long literal that almost fits everywhere', `*${'a'.repeat(2000)}b*`, longest],
  ])('%s end quickly', (_, pattern, text) => {
    for (const flavor of ['glob', 'resource', 'segments'] as const) {
      const parsed = parsePattern(pattern, { flavor, variables: true });
      const from = performance.now();
      expect(patternMatches(parsed, text, nobody)).toBe(false);
      expect(performance.now() - from).toBeLessThan(2000);
    }
  });

  test.each([
    ['spaces', `\${${' '.repeat(100_000)}`],
    ['letters', `\${${'a'.repeat(100_000)}`],
    ['a default', `\${a, '${'a'.repeat(100_000)}`],
    ['openings', '${'.repeat(50_000)],
  ])('a variable that never ends is refused quickly: %s', (_, pattern) => {
    const from = performance.now();
    expect(() => parsePattern(pattern, { flavor: 'glob', variables: true })).toThrow(MalformedPolicy);
    expect(performance.now() - from).toBeLessThan(2000);
  });
});
