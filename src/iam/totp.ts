import { createHmac } from 'node:crypto';
import { sameBytes } from '../core/secret.ts';

/** One-time codes of the time. Source: RFC 6238 (TOTP) over RFC 4226 (HOTP), SHA-1, six digits, 30 seconds. */

const STEP_MS = 30_000;
const DIGITS = 6;

/** The step of 30 seconds that an instant lies in. */
export const stepAt = (at: Date): number => Math.floor(at.getTime() / STEP_MS);

/** The code of one step. `digits` other than six are for the vectors of the RFC. */
export function codeOfStep(seed: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', seed).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  const number = (digest.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits;
  return String(number).padStart(digits, '0');
}

/**
 * The first step from `first` to `last` whose code, and those of the steps after it, are `codes`; undefined if none.
 * Takes the same time whichever it is, and whether or not it is.
 */
export function stepOfCodes(
  seed: Uint8Array,
  codes: readonly string[],
  { first, last }: { readonly first: number; readonly last: number },
): number | undefined {
  const given = Buffer.from(codes.join(' '));
  let found: number | undefined;
  for (let step = first; step <= last; step++) {
    const expected = codes.map((_, index) => codeOfStep(seed, step + index)).join(' ');
    if (sameBytes(given, Buffer.from(expected)) && found === undefined) found = step;
  }
  return found;
}
