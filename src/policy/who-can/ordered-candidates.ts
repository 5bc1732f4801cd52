import { parseIpRange } from '../../core/ip-range.ts';
import { parseInstant } from '../instant.ts';

/**
 * Candidates of unknowns that are ordered (addresses, times, numbers): comparisons cut the order into stretches, and
 * the values on both sides of every cut stand for all.
 */

/** Documentation addresses (RFC 5737, RFC 3849), for when no condition names any. */
const ANY_ADDRESSES = ['192.0.2.1', '2001:db8::1'];

/** Addresses on both sides of the edges of the ranges that `values` name. */
export function addressCandidates(values: Iterable<string>): readonly string[] {
  const found = new Set(ANY_ADDRESSES);
  for (const value of values) {
    const range = parseIpRange(value);
    if (range === undefined) continue;
    const bits = range.address.length * 16;
    const hostBits = BigInt(bits - range.prefixBits);
    const address = range.address.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);
    const first = (address >> hostBits) << hostBits;
    const last = first | ((1n << hostBits) - 1n);
    for (const edge of [first, last, first - 1n, last + 1n]) {
      if (edge >= 0n && edge < 1n << BigInt(bits)) found.add(addressText(edge, bits));
    }
  }
  return [...found];
}

function addressText(address: bigint, bits: number): string {
  const size = bits === 32 ? 8n : 16n;
  const parts: bigint[] = [];
  for (let at = BigInt(bits) - size; at >= 0n; at -= size) parts.push((address >> at) & ((1n << size) - 1n));
  if (bits === 32) return parts.join('.');
  const text = parts.map((part) => part.toString(16)).join(':');
  const zeros = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (zeros === undefined) return text;
  return `${text.slice(0, zeros.index)}::${text.slice(zeros.index + zeros[0].length + 1)}`;
}

/** The last second of the year 9999, in seconds since 1970. */
const TIME_MAX = 253_402_300_799;

/** Seconds since 1970, from `from` on, on both sides of the instants that `values` name. */
export function timeCandidates(values: Iterable<string>, from: number): readonly string[] {
  const found = new Set([from]);
  for (const value of values) {
    const instant = parseInstant(value) ?? parseInstant(fixedPart(value)) ?? Number(value) * 1000;
    if (!Number.isFinite(instant)) continue;
    const second = Math.floor(instant / 1000);
    for (const at of [second - 1, second, second + 1]) if (at >= from && at <= TIME_MAX) found.add(at);
  }
  return [...found].map(String);
}

/** What stands before the first wildcard, as far as it can be a date. */
function fixedPart(value: string): string {
  return value.replace(/[*?].*$/, '').replace(/[-T:]$/, '');
}

/** Whole numbers on both sides of those that `values` name; all there are if a comparison is not of numbers. */
export function numberCandidates(
  values: Iterable<string>,
  { min, max }: { readonly min: number; readonly max: number },
  isEvery: boolean,
): readonly string[] {
  // Next to the least: a number below zero may stand for having none.
  const found = new Set([min, min + 1, max]);
  for (const value of values) {
    const at = Math.floor(Number(value));
    for (const near of [at - 1, at, at + 1]) if (near >= min && near <= max) found.add(near);
  }
  if (isEvery) for (let at = min; at <= max; at++) found.add(at);
  return [...found].map(String);
}
