import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pageOf, readToken, writeToken } from '../../../../src/api/actions/redshift-data/page-token.ts';
import { csvOf, fieldsOf } from '../../../../src/api/actions/redshift-data/result-fields.ts';
import type { ResultColumn } from '../../../../src/redshift/statements.ts';
import { refusal } from '../protocol/refusal.ts';

const column = (typeName: string, name = 'c'): ResultColumn => ({
  name,
  typeName,
  isSigned: false,
  isCaseSensitive: false,
  nullable: 1,
  precision: 0,
  scale: 0,
  length: 0,
  schemaName: '',
  tableName: '',
});

describe('a value', () => {
  test.each([
    ['bool', 't', { booleanValue: true }],
    ['bool', 'f', { booleanValue: false }],
    ['int2', '-32768', { longValue: -32768 }],
    ['int8', '9007199254740991', { longValue: 9007199254740991 }],
    ['int8', '9007199254740993', { longValue: 9007199254740993n }],
    ['int8', '-9223372036854775808', { longValue: -(2n ** 63n) }],
    ['float4', '123.45679', { doubleValue: 123.456787109375 }],
    ['float8', '0.1', { doubleValue: 0.1 }],
    ['float8', 'Infinity', { doubleValue: Number.POSITIVE_INFINITY }],
    ['numeric', '1.50', { stringValue: '1.50' }],
    ['varchar', '', { stringValue: '' }],
    ['varbyte', '\\x6162', { blobValue: Buffer.from('ab') }],
    ['varbyte', '\\x', { blobValue: Buffer.alloc(0) }],
    ['date', '2026-11-22', { stringValue: '2026-11-22' }],
    ['timestamp', '2026-11-22 10:00:00', { stringValue: '2026-11-22 10:00:00.0' }],
    ['timestamp', '2026-11-22 10:00:00.5', { stringValue: '2026-11-22 10:00:00.5' }],
    ['timestamp', 'infinity', { stringValue: 'infinity' }],
    ['timestamptz', '2026-11-22 10:00:00+00', { stringValue: '2026-11-22 10:00:00+00' }],
    ['jsonb', '{"a": 1}', { stringValue: '{"a": 1}' }],
  ])('of %s %s', (type, text, expected) => {
    expect(fieldsOf([text], [column(type)])).toEqual([expected]);
  });

  test('that is null is nothing else, whatever its type', () => {
    for (const type of ['bool', 'int4', 'varchar', 'varbyte'])
      expect(fieldsOf([null], [column(type)])).toEqual([{ isNull: true }]);
  });

  test('that is not a number goes through the protocol as a text', () => {
    expect(fieldsOf(['NaN'], [column('float8')])).toEqual([{ doubleValue: Number.NaN }]);
  });
});

/** A reader of RFC 4180, which tells an empty field from an empty text by its quotes. */
function readCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  for (let at = 0; at < text.length; ) {
    let value: string | null = '';
    if (text[at] === '"') {
      for (at += 1; ; at++) {
        if (text[at] === '"' && text[at + 1] !== '"') break;
        if (text[at] === '"') at += 1;
        value += text[at];
      }
      at += 1;
    } else {
      const from = at;
      while (text[at] !== ',' && text[at] !== '\r') at += 1;
      value = from === at ? null : text.slice(from, at);
    }
    row.push(value);
    if (text[at] === '\r') {
      rows.push(row);
      row = [];
      at += 2;
    } else at += 1;
  }
  return rows;
}

describe('a page of CSV', () => {
  test('is read back as it was, nulls and empty texts apart', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', 'é') });
    const rows = fc.array(fc.tuple(fc.option(text, { nil: null }), fc.option(text, { nil: null })));
    const property = fc.property(rows, (given) => {
      const columns = [column('varchar', 'a'), column('varchar', 'b')];
      expect(readCsv(csvOf(given, columns, true))).toEqual([['a', 'b'], ...given]);
      expect(readCsv(csvOf(given, columns, false))).toEqual(given);
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('pages of a list', () => {
  test('give each thing once, in order, whatever the size of a page', () => {
    const property = fc.property(
      fc.uniqueArray(fc.string(), { maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (names, max) => {
        const sorted = [...names].sort();
        const seen: string[] = [];
        let token: string | undefined;
        do {
          const [after] = readToken(token, 1) ?? [];
          const found = sorted.filter((name) => after === undefined || name > after).slice(0, max + 1);
          const page = pageOf(found, max, (name) => [name]);
          expect(page.items.length).toBeLessThanOrEqual(max);
          seen.push(...page.items);
          token = page.token;
        } while (token !== undefined);
        expect(seen).toEqual(sorted);
      },
    );
    fc.assert(property, { numRuns: 100 });
  });

  test.each(['x', 'e30', '[]', Buffer.from('["a"]').toString('base64'), 'x'.repeat(5_000)])(
    'take no token that is not theirs: %s',
    (token) => {
      expect(refusal(() => readToken(token, 2))).toBe('ValidationException 400 The NextToken is invalid.');
    },
  );

  test('take what they wrote, and nothing for no token', () => {
    expect(readToken(writeToken(['é', '"']), 2)).toEqual(['é', '"']);
    expect(readToken('', 2)).toBeUndefined();
    expect(readToken(undefined, 2)).toBeUndefined();
  });
});
