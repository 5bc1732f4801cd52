import { describe, expect, test } from 'vitest';
import { isKnownType, typeOf } from '../../../src/redshift/result-types.ts';

/** Modifiers as PostgreSQL makes them: characters and four; digits and scale in one number and four. */
const varchar = (length: number): number => length + 4;
const numeric = (precision: number, scale: number): number => ((precision << 16) | (scale & 0x7ff)) + 4;

describe('a type of PostgreSQL in the words of Redshift', () => {
  test.each([
    [23, -1, { typeName: 'int4', isSigned: true, precision: 10, scale: 0 }],
    [21, -1, { typeName: 'int2', precision: 5 }],
    [20, -1, { typeName: 'int8', precision: 19 }],
    [16, -1, { typeName: 'bool', isSigned: false, precision: 1 }],
    [700, -1, { typeName: 'float4', precision: 8, scale: 8 }],
    [1043, varchar(200), { typeName: 'varchar', isCaseSensitive: true, precision: 200 }],
    [1043, -1, { typeName: 'varchar', precision: 65535 }],
    [25, -1, { typeName: 'varchar', precision: 65535 }],
    [1042, varchar(320), { typeName: 'bpchar', precision: 320 }],
    [1700, numeric(10, 2), { typeName: 'numeric', precision: 10, scale: 2 }],
    [1700, numeric(38, 37), { precision: 38, scale: 37 }],
    [1700, numeric(3, -2), { precision: 3, scale: -2 }],
    [1700, -1, { precision: 38, scale: 0 }],
    [1114, -1, { typeName: 'timestamp', precision: 29, scale: 6 }],
    [1184, -1, { typeName: 'timestamptz', precision: 35, scale: 6 }],
    [1082, -1, { typeName: 'date', precision: 13, scale: 0 }],
    [1083, -1, { typeName: 'time', precision: 15, scale: 6 }],
  ])('%i with %i', (type, modifier, expected) => {
    expect(typeOf(type, modifier, undefined)).toMatchObject(expected);
    expect(isKnownType(type)).toBe(true);
  });

  test('is called by its own name where Redshift has none', () => {
    expect(isKnownType(3802)).toBe(false);
    expect(typeOf(3802, -1, 'jsonb')).toMatchObject({ typeName: 'jsonb', isCaseSensitive: true });
  });
});
