import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral } from '../../../src/postgres/quote.ts';

test.each([
  ['plain', '"plain"'],
  ['Mixed Case', '"Mixed Case"'],
  ['a"; drop role x; --', '"a""; drop role x; --"'],
  ['"', '""""'],
  ['back\\slash', '"back\\slash"'],
  ["it's", '"it\'s"'],
])('the identifier %j is written %s', (name, written) => {
  expect(quoteIdentifier(name)).toBe(written);
});

test.each([
  ['plain', "'plain'"],
  ["it's", "'it''s'"],
  ["'; drop role x; --", "'''; drop role x; --'"],
  ['back\\slash', " E'back\\\\slash'"],
  ["\\'", " E'\\\\'''"],
  ['', "''"],
])('the text %j is written %s', (text, written) => {
  expect(quoteLiteral(text)).toBe(written);
});

test('what PostgreSQL cannot hold is refused', () => {
  expect(() => quoteIdentifier('')).toThrow(expect.objectContaining({ sqlState: '42602' }));
  expect(() => quoteIdentifier('a\0b')).toThrow(expect.objectContaining({ sqlState: '42602' }));
  expect(() => quoteLiteral('a\0b')).toThrow(expect.objectContaining({ sqlState: '22021' }));
});

test('nothing inside can end an identifier or a text early', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: fc.constantFrom('"', "'", '\\', 'a', ';', '-', '$') }),
      (text) => {
        expect(quoteIdentifier(text).slice(1, -1).replaceAll('""', '')).not.toContain('"');
        const literal = quoteLiteral(text);
        const inner = literal.slice(literal.indexOf("'") + 1, -1);
        const rest = literal.startsWith(' E')
          ? inner.replaceAll('\\\\', '').replaceAll("''", '')
          : inner.replaceAll("''", '');
        expect(rest).not.toContain("'");
        expect(rest).not.toContain('\\');
      },
    ),
    { numRuns: 300 },
  );
});
