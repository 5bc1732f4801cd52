import { hash } from 'node:crypto';
import { epochSeconds } from '../core/clock.ts';
import type { HmacKey } from '../core/hmac-key.ts';
import type { RandomBytes } from '../core/ids.ts';
import { Secret, sameBytes } from '../core/secret.ts';
import type { DerivedKeys } from '../store/keyring.ts';

/**
 * The temporary password: a token that carries its own proof, so that a gateway verifies a login without
 * asking anyone and nothing of it is stored. Layout, then base64url (96 characters):
 *
 *   1 version | 1 flags | 2 key version | 4 expiry, seconds since 1970 | 16 credential id
 *   | 16 database tag | 32 HMAC-SHA-256
 *
 * The MAC covers all of it, the cluster's ARN and the exact login name. The database tag is half of the
 * SHA-256 of the database's name when the credential is bound to one: so a login to another database can be
 * told from a false password.
 */
export interface CredentialClaims {
  readonly clusterArn: string;
  readonly loginName: string;
}

const VERSION = 1;
const FLAG_DATABASE_BOUND = 1;
const ID_BYTES = 16;
const TAG_BYTES = 16;
const HEAD_BYTES = 8 + ID_BYTES + TAG_BYTES;
const MAC_BYTES = 32;
const TOKEN_BYTES = HEAD_BYTES + MAC_BYTES;
/** Before each text that the MAC covers. */
const LENGTH_BYTES = 4;
const TOKEN_CHARACTERS = Math.ceil((TOKEN_BYTES * 4) / 3);

/** Gives the purpose from which the MAC key of one cluster is derived. */
export const credentialKeyPurpose = (clusterArn: string): string => `keyshift/credential/${clusterArn}`;

/** Mints a password for `claims`, for one `database` or (undefined) for any. `expiresAt` counts in whole seconds. */
export function mintCredential(
  keys: DerivedKeys,
  claims: CredentialClaims,
  database: string | undefined,
  expiresAt: Date,
  random: RandomBytes,
): { readonly password: Secret; readonly credentialId: string } {
  // From Node's slab, which is cheaper than memory of its own; it may hold anything.
  const token = Buffer.allocUnsafe(TOKEN_BYTES).fill(0);
  token.writeUInt8(VERSION, 0);
  token.writeUInt8(database === undefined ? 0 : FLAG_DATABASE_BOUND, 1);
  token.writeUInt16BE(keys.current, 2);
  token.writeUInt32BE(epochSeconds(expiresAt), 4);
  const id = random(ID_BYTES);
  id.copy(token, 8);
  if (database !== undefined) databaseTag(database).copy(token, 8 + ID_BYTES);
  const key = keys.keys.get(keys.current);
  if (key === undefined) throw new Error('the keyring has no current key');
  mac(key, token.subarray(0, HEAD_BYTES), claims).copy(token, HEAD_BYTES);
  return { password: new Secret(token.toString('base64url')), credentialId: id.toString('hex') };
}

export type CredentialCheck =
  | { readonly ok: true; readonly credentialId: string; readonly expiresAt: Date }
  | { readonly ok: false; readonly reason: 'malformed' | 'unknown-key' | 'not-authentic' }
  | {
      readonly ok: false;
      readonly reason: 'expired' | 'other-database';
      readonly credentialId: string;
      readonly expiresAt: Date;
    };

/**
 * Checks a password against the login and the database it is used for.
 * Expired means `now >= expiresAt`. Nothing of the token is believed before its MAC is verified.
 */
export function checkCredential(
  keys: DerivedKeys,
  password: string,
  claims: CredentialClaims,
  database: string,
  now: Date,
): CredentialCheck {
  const token = decodeToken(password);
  if (token === undefined) return { ok: false, reason: 'malformed' };
  const head = token.subarray(0, HEAD_BYTES);
  const key = keys.keys.get(head.readUInt16BE(2));
  if (key === undefined) return { ok: false, reason: 'unknown-key' };
  if (!sameBytes(token.subarray(HEAD_BYTES), mac(key, head, claims))) {
    return { ok: false, reason: 'not-authentic' };
  }
  const credentialId = head.subarray(8, 8 + ID_BYTES).toString('hex');
  const expiresAt = new Date(head.readUInt32BE(4) * 1000);
  if (now >= expiresAt) return { ok: false, reason: 'expired', credentialId, expiresAt };
  const bound = (head.readUInt8(1) & FLAG_DATABASE_BOUND) !== 0;
  if (bound && !sameBytes(head.subarray(8 + ID_BYTES), databaseTag(database))) {
    return { ok: false, reason: 'other-database', credentialId, expiresAt };
  }
  return { ok: true, credentialId, expiresAt };
}

function decodeToken(password: string): Buffer | undefined {
  if (password.length !== TOKEN_CHARACTERS || !/^[A-Za-z0-9_-]+$/.test(password)) return undefined;
  const token = Buffer.from(password, 'base64url');
  if (token.length !== TOKEN_BYTES) return undefined;
  if (token.readUInt8(0) !== VERSION || (token.readUInt8(1) & ~FLAG_DATABASE_BOUND) !== 0) return undefined;
  return token;
}

function databaseTag(database: string): Buffer {
  return Buffer.from(hash('sha256', database, 'hex'), 'hex').subarray(0, TAG_BYTES);
}

/** Each part is preceded by its length, so that no two different claims give the same bytes. */
function mac(key: HmacKey, head: Uint8Array, claims: CredentialClaims): Buffer {
  const { clusterArn, loginName } = claims;
  const message = Buffer.allocUnsafe(
    HEAD_BYTES + LENGTH_BYTES + Buffer.byteLength(clusterArn) + LENGTH_BYTES + Buffer.byteLength(loginName),
  );
  message.set(head);
  let end = HEAD_BYTES;
  for (const text of [clusterArn, loginName]) {
    const length = message.write(text, end + LENGTH_BYTES);
    message.writeUInt32BE(length, end);
    end += LENGTH_BYTES + length;
  }
  return key.sign(message);
}
