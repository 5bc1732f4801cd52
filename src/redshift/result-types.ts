import type { ResultColumn } from './statements.ts';

/** Redshift's words for PostgreSQL's types, in the results of the Data API. */

interface TypeFacts {
  readonly typeName: string;
  readonly isSigned?: true;
  readonly isCaseSensitive?: true;
  readonly precision: number;
  readonly scale: number;
}

/** Redshift's longest VARCHAR, which is what it makes of a text without a length. */
const VARCHAR_MAX = 65535;
/** Digits of a NUMERIC that was given none; Redshift has no more. */
const NUMERIC_DIGITS_MAX = 38;

const whole = (typeName: string, precision: number): TypeFacts => ({
  typeName,
  isSigned: true,
  precision,
  scale: 0,
});
const real = (typeName: string, digits: number): TypeFacts => ({
  typeName,
  isSigned: true,
  precision: digits,
  scale: digits,
});
const text = (typeName: string, precision: number): TypeFacts => ({
  typeName,
  isCaseSensitive: true,
  precision,
  scale: 0,
});
const instant = (typeName: string, precision: number, scale: number): TypeFacts => ({
  typeName,
  precision,
  scale,
});

/**
 * By the number of the type, which is the same in every PostgreSQL. Source: PostgreSQL 18, pg_type.dat; precisions and
 * scales as Redshift's JDBC driver gives them.
 */
const TYPES: ReadonlyMap<number, TypeFacts> = new Map([
  [16, { typeName: 'bool', precision: 1, scale: 0 }],
  [17, text('varbyte', 64000)],
  [18, text('char', 1)],
  [19, text('name', 63)],
  [20, whole('int8', 19)],
  [21, whole('int2', 5)],
  [23, whole('int4', 10)],
  [25, text('varchar', VARCHAR_MAX)],
  [26, { typeName: 'oid', precision: 10, scale: 0 }],
  [700, real('float4', 8)],
  [701, real('float8', 17)],
  [705, text('varchar', VARCHAR_MAX)],
  [1042, text('bpchar', VARCHAR_MAX)],
  [1043, text('varchar', VARCHAR_MAX)],
  [1082, instant('date', 13, 0)],
  [1083, instant('time', 15, 6)],
  [1114, instant('timestamp', 29, 6)],
  [1184, instant('timestamptz', 35, 6)],
  [1266, instant('timetz', 21, 6)],
  [1700, whole('numeric', NUMERIC_DIGITS_MAX)],
]);

const NUMERIC = 1700;
/** Types whose modifier is four more than their length in characters. */
const WITH_LENGTH = new Set([1042, 1043]);

/** Whether a type has a name here; any other goes by its own. */
export function isKnownType(type: number): boolean {
  return TYPES.has(type);
}

/** A type by its number and modifier; `name` is what an unknown one is called. */
export function typeOf(
  type: number,
  modifier: number,
  name: string | undefined,
): Pick<ResultColumn, 'typeName' | 'isSigned' | 'isCaseSensitive' | 'precision' | 'scale'> {
  const facts = TYPES.get(type) ?? text(name ?? 'unknown', VARCHAR_MAX);
  const { typeName, isSigned = false, isCaseSensitive = false } = facts;
  let { precision, scale } = facts;
  if (modifier >= 4 && WITH_LENGTH.has(type)) precision = modifier - 4;
  if (modifier >= 4 && type === NUMERIC) {
    // PostgreSQL 18, numeric.c: precision in the upper half, scale in the lower eleven bits, both over four.
    precision = ((modifier - 4) >> 16) & 0xffff;
    scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  }
  return { typeName, isSigned, isCaseSensitive, precision, scale };
}
