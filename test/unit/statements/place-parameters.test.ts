import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  namedValues,
  placeParameters,
  requireParametersUsed,
} from '../../../src/statements/place-parameters.ts';
import { refusal } from '../api/protocol/refusal.ts';
import { orderOf } from './order.ts';

const values = new Map([
  ['a', '1'],
  ['b_2', 'two'],
  ['A', 'capital'],
  ['1', 'number'],
]);
const place = (sql: string) => placeParameters(sql, values);

describe('named parameters', () => {
  test.each([
    ['SELECT :a', 'SELECT $1', ['1']],
    ['SELECT :a, :a', 'SELECT $1, $2', ['1', '1']],
    ['SELECT :A, :a', 'SELECT $1, $2', ['capital', '1']],
    ['SELECT :a::int, x::a', 'SELECT $1::int, x::a', ['1']],
    ['SELECT :b_2||:1', 'SELECT $1||$2', ['two', 'number']],
    ['WHERE n=:a AND m>:b_2', 'WHERE n=$1 AND m>$2', ['1', 'two']],
    ['(:a)', '($1)', ['1']],
    ['SELECT "é", :a', 'SELECT "é", $1', ['1']],
  ])('%s', (sql, placed, given) => {
    expect(place(sql)).toMatchObject({ sql: placed, values: given });
  });

  test.each([
    "SELECT ':a'",
    "SELECT E'\\':a'",
    'SELECT ":a"',
    'SELECT $$:a$$',
    'SELECT $x$ :a $$ $x$',
    'SELECT 1 -- :a',
    'SELECT 1 /* :a /* :a */ :a */',
    'SELECT x::a',
    'SELECT : a',
    'SELECT :unknown',
    'SELECT t[2:3]',
    'SELECT :"a"',
    "SELECT 'open :a",
  ])('are not in %s', (sql) => {
    expect(place(sql)).toEqual({ sql, values: [], used: new Set() });
  });

  test('are not looked for when there are none', () => {
    expect(placeParameters('SELECT :a', new Map()).sql).toBe('SELECT :a');
  });

  test('never let a value into the text, whatever it is', () => {
    const property = fc.property(fc.string(), fc.constantFrom("'", '"', '$$', '--', '/*'), (text, quote) => {
      const value = `${quote}${text}`;
      const { sql, values: given } = placeParameters('SELECT :v, :v', new Map([['v', value]]));
      expect(sql).toBe('SELECT $1, $2');
      expect(given).toEqual([value, value]);
    });
    fc.assert(property, { numRuns: 200 });
  });

  test('number their places from 1 on, in the order of the text', () => {
    const part = fc.constantFrom(':a', ':b_2', "':a'", '/* :a */', 'x::a', ', ', ' ');
    const property = fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const { sql, values: given } = place(parts.join(' '));
      const numbers = [...sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number));
      expect(numbers).toEqual(given.map((_, n) => n + 1));
      expect(given).toEqual(
        parts.filter((one) => one === ':a' || one === ':b_2').map((one) => values.get(one.slice(1))),
      );
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('must be used, each by one statement of a batch at least', () => {
    const parameters = [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ];
    expect(() =>
      requireParametersUsed(orderOf({ sqls: ['SELECT :a', 'SELECT :b'], parameters })),
    ).not.toThrow();
    const unused = refusal(() =>
      requireParametersUsed(orderOf({ sqls: ["SELECT ':a'", 'SELECT 1'], parameters })),
    );
    expect(unused).toBe(
      'ValidationException 400 Parameters list contains unused parameters. Unused parameters: [a, b]',
    );
  });

  test('are given once', () => {
    const twice = [
      { name: 'a', value: '1' },
      { name: 'a', value: '1' },
    ];
    expect(refusal(() => namedValues(twice))).toContain('ValidationException 400 ');
    expect(namedValues(twice.slice(1))).toEqual(new Map([['a', '1']]));
  });
});
