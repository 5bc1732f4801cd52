import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { HmacKey } from '../core/hmac-key.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { DerivedKeys } from '../store/keyring.ts';

/**
 * Bytes that leave us sealed and come back later, as base64url, because no table holds them. Layout:
 *
 *   1 version | 2 key version | 16 salt | 12 nonce | 16 tag | ciphertext
 *
 * AES-256-GCM under a key of the message's own, HMAC-SHA-256 of the salt: so that neither the chance nor the number
 * of messages comes near the bounds of NIST SP 800-38D. The head is authenticated too, and `context`, which says
 * what the bytes are for: who opens them must give the same.
 */

const VERSION = 1;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 3 + SALT_BYTES + NONCE_BYTES;

export function sealText(keys: DerivedKeys, plain: Uint8Array, context: string, random: RandomBytes): string {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(VERSION, 0);
  head.writeUInt16BE(keys.current, 1);
  random(SALT_BYTES + NONCE_BYTES).copy(head, 3);
  const root = keys.keys.get(keys.current);
  if (root === undefined) throw new Error('the keyring has no current key');
  const cipher = createCipheriv('aes-256-gcm', messageKey(root, head), nonceOf(head));
  cipher.setAAD(authenticated(head, context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([head, cipher.getAuthTag(), body]).toString('base64url');
}

/** What was sealed; undefined for anything that `sealText` did not make with these keys and context, to the bit. */
export function openText(keys: DerivedKeys, text: string, context: string): Buffer | undefined {
  const sealed = Buffer.from(text, 'base64url');
  // One message has one spelling: what decodes to the same bytes in another one is refused.
  if (sealed.toString('base64url') !== text) return undefined;
  if (sealed.length < HEAD_BYTES + TAG_BYTES || sealed[0] !== VERSION) return undefined;
  const head = sealed.subarray(0, HEAD_BYTES);
  const root = keys.keys.get(head.readUInt16BE(1));
  if (root === undefined) return undefined;
  const options = { authTagLength: TAG_BYTES };
  const decipher = createDecipheriv('aes-256-gcm', messageKey(root, head), nonceOf(head), options);
  decipher.setAAD(authenticated(head, context));
  decipher.setAuthTag(sealed.subarray(HEAD_BYTES, HEAD_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    // Not sealed by us, or changed since: which of the two is nobody's business.
    return undefined;
  }
}

const nonceOf = (head: Buffer): Buffer => head.subarray(3 + SALT_BYTES);

const messageKey = (root: HmacKey, head: Buffer): Buffer => root.sign(head.subarray(3, 3 + SALT_BYTES));

const authenticated = (head: Buffer, context: string): Buffer => Buffer.concat([head, Buffer.from(context)]);
