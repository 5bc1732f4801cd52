import { createHash } from 'node:crypto';
import { LIMITS } from '../core/limits.ts';
import { cutToBytes } from '../core/names.ts';

/** Names of session roles: one for each user and set of groups, and never the same for two of them. */

export const SESSION_ROLE_PREFIX = 'IAM:';

/** Names that cannot be mistaken for a list, a part or a hash. */
const PLAIN = /^[^,:#]+$/;
/** 128 bits, in hexadecimal. */
const HASH_CHARACTERS = 32;

/**
 * `IAM:user:group1,group2`, groups sorted and each once (with a second colon also where there are none: `IAM:user` is
 * the name of the database user of an IAM user); when that is over 63 bytes or a name holds one of the
 * separators, `IAM:` with a readable beginning, `#` and a hash.
 */
export function sessionRoleName(user: string, groups: readonly string[]): string {
  const sorted = sortedGroups(groups);
  const readable = `${user}:${sorted.join(',')}`;
  const plain = [user, ...sorted].every((name) => PLAIN.test(name));
  const bytesMax = LIMITS.postgresNameBytesMax - SESSION_ROLE_PREFIX.length;
  if (plain && Buffer.byteLength(readable) <= bytesMax) return SESSION_ROLE_PREFIX + readable;
  const hash = createHash('sha256')
    .update(JSON.stringify([user, sorted]))
    .digest('hex')
    .slice(0, HASH_CHARACTERS);
  const beginning = cutToBytes(readable.replaceAll('#', '_'), bytesMax - 1 - HASH_CHARACTERS);
  return `${SESSION_ROLE_PREFIX}${beginning}#${hash}`;
}

/** Each group once, in the order of their code units. */
export function sortedGroups(groups: readonly string[]): string[] {
  return [...new Set(groups)].sort();
}
