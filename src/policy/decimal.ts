/**
 * Decimal numbers of numeric conditions, compared digit by digit, so that 0.1 is 0.1. Whole numbers that are short
 * enough to be exact, which most are, are plain numbers.
 */
export type Decimal = number | LongDecimal;

interface LongDecimal {
  readonly negative: boolean;
  /** Without leading zeros; empty for zero. */
  readonly whole: string;
  /** Without trailing zeros. */
  readonly fraction: string;
}

const DECIMAL = /^([+-]?)([0-9]+)(?:\.([0-9]+))?$/;

/** Below 2^53 by a margin that is easy to see. */
const SHORT_DIGITS_MAX = 15;
const ZERO = 48;
const NINE = 57;

/** Reads an integer or decimal number without an exponent; undefined if `text` is none. */
export function parseDecimal(text: string): Decimal | undefined {
  return parseShort(text) ?? parseLong(text);
}

/** A number of digits alone, without a sign. */
function parseShort(text: string): number | undefined {
  if (text.length === 0 || text.length > SHORT_DIGITS_MAX) return undefined;
  let value = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return undefined;
    value = value * 10 + (code - ZERO);
  }
  return value;
}

function parseLong(text: string): LongDecimal | undefined {
  const found = DECIMAL.exec(text);
  if (found === null) return undefined;
  const whole = withoutLeadingZeros(found[2] ?? '');
  const fraction = withoutTrailingZeros(found[3] ?? '');
  return { negative: found[1] === '-' && (whole !== '' || fraction !== ''), whole, fraction };
}

/** Negative if `a` is less than `b`, zero if they are equal, positive otherwise. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareLong(toLong(a), toLong(b));
}

function toLong(value: Decimal): LongDecimal {
  if (typeof value !== 'number') return value;
  return { negative: false, whole: value === 0 ? '' : String(value), fraction: '' };
}

function compareLong(a: LongDecimal, b: LongDecimal): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  return a.negative ? compareSizes(b, a) : compareSizes(a, b);
}

function compareSizes(a: LongDecimal, b: LongDecimal): number {
  if (a.whole.length !== b.whole.length) return a.whole.length - b.whole.length;
  return compareDigits(a.whole, b.whole) || compareDigits(a.fraction, b.fraction);
}

/** Of digits that begin at the same place value, the order of texts is the order of numbers. */
function compareDigits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function withoutLeadingZeros(digits: string): string {
  let from = 0;
  while (digits.charAt(from) === '0') from += 1;
  return digits.slice(from);
}

function withoutTrailingZeros(digits: string): string {
  let to = digits.length;
  while (to > 0 && digits.charAt(to - 1) === '0') to -= 1;
  return digits.slice(0, to);
}
