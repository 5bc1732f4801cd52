import { deflateRawSync } from 'node:zlib';
import { AwsError } from '../core/errors.ts';
import type { PackedClaims } from './session-claims.ts';

/**
 * Bytes that policies and tags of a session may have after packing, so that a token fits into a header of any
 * client. AWS keeps its own number to itself.
 */
const PACKED_BYTES_MAX = 4096;

/**
 * PackedPolicySize: how much of the room for policies and tags a session uses, in whole percent.
 * Undefined when it has none. Throws PackedPolicyTooLarge (400) past 100.
 */
export function packedPolicySize(claims: PackedClaims): number | undefined {
  const { policy, policyArns, tags, transitiveKeys } = claims;
  if (policy === undefined && policyArns.length === 0 && tags.length === 0) return undefined;
  const text = JSON.stringify([
    policy,
    policyArns,
    tags.map(({ key, value }) => [key, value]),
    transitiveKeys,
  ]);
  const percent = Math.ceil((deflateRawSync(text).length * 100) / PACKED_BYTES_MAX);
  if (percent <= 100) return percent;
  const what = tags.length > 0 ? 'session tags' : 'policy';
  throw new AwsError(
    'PackedPolicyTooLarge',
    400,
    `Packed size of ${what} consumes ${percent}% of allotted space.`,
  );
}
