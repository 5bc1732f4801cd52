// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCondition } from '../../../src/policy/conditions.ts';
import { requestContext } from '../../../src/policy/context.ts';
import { MalformedPolicy } from '../../../src/policy/malformed-policy.ts';

type Values = string | readonly string[];

/** Whether the clause holds for a request whose key `k:v` has these values; undefined for none. */
function holds(operator: string, wanted: Values, given: Values | undefined): boolean {
  const clause = { operator, key: 'k:V', values: typeof wanted === 'string' ? [wanted] : wanted };
  return compileCondition(clause, true).holds(requestContext(given === undefined ? {} : { 'K:v': given }));
}

const NEGATIONS = [
  ['StringEquals', 'StringNotEquals'],
  ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
  ['StringLike', 'StringNotLike'],
  ['NumericEquals', 'NumericNotEquals'],
  ['DateEquals', 'DateNotEquals'],
  ['IpAddress', 'NotIpAddress'],
  ['ArnEquals', 'ArnNotEquals'],
  ['ArnLike', 'ArnNotLike'],
] as const;
const POSITIVE = [
  ...NEGATIONS.map(([positive]) => positive),
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateLessThan',
  'DateLessThanEquals',
  'DateGreaterThan',
  'DateGreaterThanEquals',
  'Bool',
  'BinaryEquals',
];
const ALL = [...POSITIVE, ...NEGATIONS.map(([, negated]) => negated)];

const value = fc.constantFrom(
  'a',
  'A',
  'a*',
  '*',
  '1',
  '1.0',
  '2',
  '2020',
  '2021-01-01',
  'true',
  'QQ==',
  '10.0.0.1',
  'arn:a:b:c:d:e',
);
const values = fc.array(value, { maxLength: 4 });

describe('operators', () => {
  test('a negated operator is the opposite of its positive one, absent keys included', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...NEGATIONS),
        values,
        fc.option(values, { nil: undefined }),
        ([yes, no], wanted, given) => {
          expect(holds(no, wanted, given)).toBe(!holds(yes, wanted, given));
        },
      ),
    );
  });

  test('IfExists holds for an absent key and changes nothing for a present one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL),
        fc.constantFrom('', 'ForAllValues:', 'ForAnyValue:'),
        values,
        values,
        (name, quantifier, wanted, given) => {
          const operator = quantifier + name;
          const expected = given.length === 0 || holds(operator, wanted, given);
          expect(holds(`${operator}IfExists`, wanted, given)).toBe(expected);
        },
      ),
    );
  });

  test('quantifiers are made of single values', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL), values, values, (operator, wanted, given) => {
        const singles = given.map((one) => holds(operator, wanted, one));
        expect(holds(`ForAllValues:${operator}`, wanted, given)).toBe(singles.every(Boolean));
        expect(holds(`ForAnyValue:${operator}`, wanted, given)).toBe(singles.some(Boolean));
      }),
    );
  });

  test('several values of a policy are alternatives', () => {
    fc.assert(
      fc.property(fc.constantFrom(...POSITIVE), values, value, (operator, wanted, given) => {
        expect(holds(operator, wanted, given)).toBe(wanted.some((one) => holds(operator, one, given)));
      }),
    );
  });

  test('without a quantifier one value of several is enough, to hold or to break', () => {
    expect(holds('StringEquals', 'a', ['b', 'a'])).toBe(true);
    expect(holds('StringNotEquals', 'a', ['b', 'a'])).toBe(false);
    expect(holds('StringNotEquals', 'a', ['b', 'c'])).toBe(true);
  });

  test.each([
    ['NumericLessThan', '900', '899', true],
    ['NumericLessThan', '900', '900', false],
    ['NumericLessThanEquals', '900', '900', true],
    ['NumericLessThanEquals', '900', '900.01', false],
    ['NumericGreaterThan', '900', '900', false],
    ['NumericGreaterThan', '900', '900.01', true],
    ['NumericGreaterThanEquals', '900', '900', true],
    ['NumericGreaterThanEquals', '900', '899', false],
    ['NumericLessThan', '900', 'x', false],
    ['NumericGreaterThan', '900', '', false],
    ['DateLessThan', '2020', '2019-12-31T23:59:59Z', true],
    ['DateLessThan', '2020', '2020', false],
    ['DateLessThanEquals', '2020', '2020-01', true],
    ['DateGreaterThan', '2020', '2020-01-01T00:00:01Z', true],
    ['DateGreaterThan', '2020', '2020-01-01', false],
    ['DateGreaterThanEquals', '2020', '1577836800', true],
    ['DateEquals', '2020', '2020-01-01T02:00:00+02:00', true],
    ['DateNotEquals', '2020', 'never', true],
    ['Bool', 'true', '1', false],
    ['Bool', 'FALSE', 'false', true],
    ['BinaryEquals', 'QQ==', 'QR==', true],
    ['BinaryEquals', 'QQ==', 'Qg==', false],
    ['BinaryEquals', '', '', true],
    ['StringEqualsIgnoreCase', 'ÄÖ', 'äö', true],
    ['StringLike', 'a*', 'A', false],
    ['StringLike', '${*}', 'a', false],
    ['StringLike', '${*}', '*', true],
    ['StringEquals', '${*}', '*', true],
    ['ArnLike', 'arn:aws:iam::*:role/x', 'arn:aws:iam::123456789012:role/x', true],
    ['ArnLike', 'arn:aws:iam::*', 'arn:aws:iam::123456789012:role/x', false],
    ['ArnLike', '*', 'arn:aws:iam::123456789012:role/x', false],
    ['ArnLike', 'a:b', 'a:b', false],
    ['ArnNotLike', 'a:b', 'a:b', true],
  ])('%s %j of %j: %j', (operator, wanted, given, expected) => {
    expect(holds(operator, wanted, given)).toBe(expected);
  });

  test('a value of a policy that cannot be compared matches nothing', () => {
    expect(holds('NumericEquals', ['ten', '10'], '10')).toBe(true);
    expect(holds('NumericEquals', 'ten', 'ten')).toBe(false);
    expect(holds('NumericNotEquals', 'ten', 'ten')).toBe(true);
    expect(holds('IpAddress', 'here', 'here')).toBe(false);
  });

  test('both small sigmas are one letter where case is ignored', () => {
    expect(holds('StringEqualsIgnoreCase', 'ΟΔΟΣ', 'οδοσ')).toBe(true);
    expect(holds('StringEqualsIgnoreCase', 'οδος', 'οδοσ')).toBe(true);
    expect(holds('StringEquals', 'οδος', 'οδοσ')).toBe(false);
  });

  test('variables stay text where they are not substituted', () => {
    expect(() => compileCondition({ operator: 'StringEquals', key: 'k:v', values: ['${'] }, true)).toThrow(
      MalformedPolicy,
    );
    const clause = { operator: 'StringEquals', key: 'k:v', values: ['${k:w}'] };
    expect(compileCondition(clause, false).holds(requestContext({ 'k:v': '${k:w}', 'k:w': 'x' }))).toBe(true);
    expect(compileCondition(clause, true).holds(requestContext({ 'k:v': '${k:w}', 'k:w': 'x' }))).toBe(false);
    expect(compileCondition(clause, true).holds(requestContext({ 'k:v': 'x', 'k:w': 'x' }))).toBe(true);
  });

  test('an unknown operator cannot be compiled', () => {
    for (const operator of ['StringIs', 'constructor', '__proto__', 'ForAllValues:Null', '']) {
      expect(() => compileCondition({ operator, key: 'k:v', values: [] }, true)).toThrow(MalformedPolicy);
    }
  });
});

describe('a request context', () => {
  test('ignores the case of keys, tag keys included, and joins keys that differ only in case', () => {
    const context = requestContext([
      ['aws:PrincipalTag/Team', 'a'],
      ['aws:principaltag/TEAM', ['b', 'c']],
    ]);
    expect(context.get('aws:principaltag/team')).toEqual(['a', 'b', 'c']);
  });

  test('is made of records and Maps alike', () => {
    expect(requestContext({ 'A:b': 'c' }).get('a:b')).toEqual(['c']);
    expect(requestContext(new Map([['A:b', ['c', 'd']]])).get('a:b')).toEqual(['c', 'd']);
  });

  test('has no keys but its own', () => {
    const context = requestContext(JSON.parse('{"__proto__":"x"}'));
    expect(context.get('__proto__')).toEqual(['x']);
    for (const key of ['constructor', 'tostring', 'toString']) expect(context.get(key)).toBeUndefined();
    expect(requestContext({}).get('__proto__')).toBeUndefined();
  });
});
