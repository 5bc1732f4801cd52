import { createCipheriv, createDecipheriv } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { HmacKey } from '../core/hmac-key.ts';
import { type RandomBytes, temporaryKeyId } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import { readClaims, type SessionClaims, writeClaims } from './session-claims.ts';

/**
 * Session tokens: temporary credentials that no table holds. The token is everything that is known of a session,
 * its secret access key too, sealed for whoever has the keyring. Layout, then base64url:
 *
 *   1 version | 2 key version | 16 salt | 12 nonce | 16 tag | ciphertext
 *
 * AES-256-GCM under a key of the token's own, HMAC-SHA-256 of the salt: so that neither the chance nor the number
 * of tokens comes near the bounds of NIST SP 800-38D. The access key id and the head are authenticated with it.
 * The plain text is 30 bytes, whose base64 is the secret access key, and the claims, deflated.
 */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secret: Secret;
  readonly token: Secret;
}

export interface OpenedSession {
  readonly secret: Secret;
  readonly claims: SessionClaims;
}

/** The purpose from which the keys of session tokens are derived. */
export const SESSION_KEY_PURPOSE = 'keyshift/session-token';

const VERSION = 1;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 3 + SALT_BYTES + NONCE_BYTES;
const SECRET_BYTES = 30;
/** A token with all that packed-size.ts lets in has under 8,000 characters; headers have room for 32 KiB. */
const TOKEN_CHARACTERS_MAX = 12_000;
/** Bytes of claims after inflating. What we seal is under 32 KiB: 50 tags of 384 characters and their kin. */
const CLAIMS_BYTES_MAX = 256 * 1024;

/** Makes temporary credentials. */
export function sealSession(
  keys: DerivedKeys,
  claims: SessionClaims,
  random: RandomBytes,
): SessionCredentials {
  const accessKeyId = temporaryKeyId(claims.accountId, random);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(VERSION, 0);
  head.writeUInt16BE(keys.current, 1);
  random(SALT_BYTES + NONCE_BYTES).copy(head, 3);
  const root = keys.keys.get(keys.current);
  if (root === undefined) throw new Error('the keyring has no current key');
  const secret = random(SECRET_BYTES);
  const cipher = createCipheriv('aes-256-gcm', tokenKey(root, head), nonceOf(head));
  cipher.setAAD(authenticated(head, accessKeyId));
  const body = Buffer.concat([
    cipher.update(secret),
    cipher.update(deflateRawSync(writeClaims(claims))),
    cipher.final(),
  ]);
  const token = Buffer.concat([head, cipher.getAuthTag(), body]).toString('base64url');
  return { accessKeyId, secret: new Secret(secret.toString('base64')), token: new Secret(token) };
}

/** Opens the token of temporary credentials; undefined for anything that `sealSession` did not make, to the bit. */
export function openSession(
  keys: DerivedKeys,
  accessKeyId: string,
  token: string,
): OpenedSession | undefined {
  const sealed = decode(token);
  if (sealed === undefined) return undefined;
  const head = sealed.subarray(0, HEAD_BYTES);
  const root = keys.keys.get(head.readUInt16BE(1));
  if (root === undefined) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', tokenKey(root, head), nonceOf(head), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(authenticated(head, accessKeyId));
  decipher.setAuthTag(sealed.subarray(HEAD_BYTES, HEAD_BYTES + TAG_BYTES));
  let plain: Buffer;
  try {
    plain = Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    // Not sealed by us, or changed since: which of the two is nobody's business.
    return undefined;
  }
  const claims = inflateRawSync(plain.subarray(SECRET_BYTES), { maxOutputLength: CLAIMS_BYTES_MAX });
  return {
    secret: new Secret(plain.subarray(0, SECRET_BYTES).toString('base64')),
    claims: readClaims(claims.toString()),
  };
}

function decode(token: string): Buffer | undefined {
  if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
  const sealed = Buffer.from(token, 'base64url');
  // One token has one spelling: what decodes to the same bytes in another one is refused.
  if (sealed.toString('base64url') !== token) return undefined;
  if (sealed.length < HEAD_BYTES + TAG_BYTES + SECRET_BYTES || sealed[0] !== VERSION) return undefined;
  return sealed;
}

const nonceOf = (head: Buffer): Buffer => head.subarray(3 + SALT_BYTES);

const tokenKey = (root: HmacKey, head: Buffer): Buffer => root.sign(head.subarray(3, 3 + SALT_BYTES));

const authenticated = (head: Buffer, accessKeyId: string): Buffer =>
  Buffer.concat([head, Buffer.from(accessKeyId)]);
