import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type RandomBytes, temporaryKeyId } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import { openText, sealText } from './sealed-text.ts';
import { readClaims, type SessionClaims, writeClaims } from './session-claims.ts';

/**
 * Session tokens: temporary credentials that no table holds. The token is everything that is known of a session,
 * its secret access key too, sealed for whoever has the keyring, and for its access key id only. The plain text is
 * 30 bytes, whose base64 is the secret access key, and the claims, deflated.
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
  const secret = random(SECRET_BYTES);
  const plain = Buffer.concat([secret, deflateRawSync(writeClaims(claims))]);
  const token = sealText(keys, plain, accessKeyId, random);
  return { accessKeyId, secret: new Secret(secret.toString('base64')), token: new Secret(token) };
}

/** Opens the token of temporary credentials; undefined for anything that `sealSession` did not make, to the bit. */
export function openSession(
  keys: DerivedKeys,
  accessKeyId: string,
  token: string,
): OpenedSession | undefined {
  if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
  const plain = openText(keys, token, accessKeyId);
  if (plain === undefined) return undefined;
  const claims = inflateRawSync(plain.subarray(SECRET_BYTES), { maxOutputLength: CLAIMS_BYTES_MAX });
  return {
    secret: new Secret(plain.subarray(0, SECRET_BYTES).toString('base64')),
    claims: readClaims(claims.toString()),
  };
}
