import { hash } from 'node:crypto';
import { epochSeconds } from '../core/clock.ts';
import type { HmacKey } from '../core/hmac-key.ts';
import type { RandomBytes } from '../core/ids.ts';
import { remembered } from '../core/remembered.ts';
import { Secret, sameBytes } from '../core/secret.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import {
  type CredentialLimits,
  LIMITS_FLAGS,
  limitsBytes,
  limitsFlag,
  readLimits,
  writeLimits,
} from './credential-limits.ts';

/**
 * The temporary password: a token that carries its own proof, so that a gateway verifies a login without
 * asking anyone and nothing of it is stored. Layout, then base64url (96 characters, up to 124 with limits):
 *
 *   1 version | 1 flags | 2 key version | 4 expiry, seconds since 1970 | 2 seconds from issue to expiry
 *   | 12 credential id | 8 database tag | 5 tag of the principal | 5 tag of its role
 *   | limits, see credential-limits.ts | 32 HMAC-SHA-256
 *
 * The MAC covers all of it, the cluster's ARN and the exact login name. The database tag is there when the credential
 * is bound to a database: so a login to another one can be told from a false password. It is made with the key,
 * because it is short: nobody can look for a name with the tag of another. The tags of the issuer are found on the
 * list of revocations. They are plain hashes: two issuers with one tag could only be revoked together.
 */
export interface CredentialClaims {
  readonly clusterArn: string;
  readonly loginName: string;
}

/** Who obtained a credential. */
export interface CredentialIssuer {
  readonly principalArn: string;
  /** Of the role that the principal is a session of. */
  readonly roleArn: string | undefined;
}

/** What a credential is minted for, beside the claims. */
export interface CredentialTerms {
  /** Undefined for any. */
  readonly database: string | undefined;
  readonly issuer: CredentialIssuer;
  readonly issuedAt: Date;
  /** Counts in whole seconds, as `issuedAt` does. */
  readonly expiresAt: Date;
  readonly limits: CredentialLimits;
  /** Whether its sessions end when it expires. */
  readonly endsSessions: boolean;
  /** The login name is the database user's own, prefix and all: GetClusterCredentialsWithIAM made it from the caller. */
  readonly isOwnUser: boolean;
}

/** What a verified credential says. */
export interface Credential {
  readonly credentialId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly principalTag: string;
  /** Empty when no role was assumed. */
  readonly roleTag: string;
  readonly limits: CredentialLimits;
  readonly endsSessions: boolean;
  readonly isOwnUser: boolean;
}

const VERSION = 2;
/** Beside the flags of credential-limits.ts. */
const FLAG_DATABASE_BOUND = 1;
const FLAG_ENDS_SESSIONS = 16;
const FLAG_OWN_USER = 32;
const OWN_FLAGS = FLAG_DATABASE_BOUND | FLAG_ENDS_SESSIONS | FLAG_OWN_USER;
const ID_BYTES = 12;
const DATABASE_TAG_BYTES = 8;
const ISSUER_TAG_BYTES = 5;
const ID_AT = 10;
const DATABASE_TAG_AT = ID_AT + ID_BYTES;
const PRINCIPAL_TAG_AT = DATABASE_TAG_AT + DATABASE_TAG_BYTES;
const ROLE_TAG_AT = PRINCIPAL_TAG_AT + ISSUER_TAG_BYTES;
const LIMITS_AT = ROLE_TAG_AT + ISSUER_TAG_BYTES;
const MAC_BYTES = 32;
/** Before each text that the MAC covers. */
const LENGTH_BYTES = 4;
/** base64url of the longest one. */
const TOKEN_CHARACTERS_MAX = 124;

/** Gives the purpose from which the MAC key of one cluster is derived. */
export const credentialKeyPurpose = (clusterArn: string): string => `keyshift/credential/${clusterArn}`;

/** The tag by which credentials of an issuer are known: of a principal's or a role's ARN. */
export const issuerTag = remembered((arn) => hash('sha256', arn, 'hex').slice(0, ISSUER_TAG_BYTES * 2));

/** Mints a password for `claims`. */
export function mintCredential(
  keys: DerivedKeys,
  claims: CredentialClaims,
  terms: CredentialTerms,
  random: RandomBytes,
): { readonly password: Secret; readonly credentialId: string } {
  const { database, issuer, limits } = terms;
  const key = keys.keys.get(keys.current);
  if (key === undefined) throw new Error('the keyring has no current key');
  const flag = limitsFlag(limits);
  const headBytes = LIMITS_AT + (limitsBytes(flag) ?? 0);
  // From Node's slab, which is cheaper than memory of its own; it may hold anything.
  const token = Buffer.allocUnsafe(headBytes + MAC_BYTES).fill(0);
  const flags =
    (database === undefined ? 0 : FLAG_DATABASE_BOUND) |
    (terms.endsSessions ? FLAG_ENDS_SESSIONS : 0) |
    (terms.isOwnUser ? FLAG_OWN_USER : 0);
  token.writeUInt8(VERSION, 0);
  token.writeUInt8(flags | flag, 1);
  token.writeUInt16BE(keys.current, 2);
  const expiry = epochSeconds(terms.expiresAt);
  token.writeUInt32BE(expiry, 4);
  token.writeUInt16BE(expiry - epochSeconds(terms.issuedAt), 8);
  const id = random(ID_BYTES);
  token.set(id, ID_AT);
  if (database !== undefined) token.set(databaseTag(key, database), DATABASE_TAG_AT);
  token.write(issuerTag(issuer.principalArn), PRINCIPAL_TAG_AT, 'hex');
  if (issuer.roleArn !== undefined) token.write(issuerTag(issuer.roleArn), ROLE_TAG_AT, 'hex');
  if (flag !== LIMITS_FLAGS.none) writeLimits(token, LIMITS_AT, limits);
  token.set(mac(key, token.subarray(0, headBytes), claims), headBytes);
  return { password: new Secret(token.toString('base64url')), credentialId: id.toString('hex') };
}

export type CredentialCheck =
  | { readonly ok: true; readonly credential: Credential }
  | { readonly ok: false; readonly reason: 'malformed' | 'unknown-key' | 'not-authentic' }
  | { readonly ok: false; readonly reason: 'expired' | 'other-database'; readonly credential: Credential };

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
  const head = token.subarray(0, token.length - MAC_BYTES);
  const key = keys.keys.get(head.readUInt16BE(2));
  if (key === undefined) return { ok: false, reason: 'unknown-key' };
  if (!sameBytes(token.subarray(head.length), mac(key, head, claims))) {
    return { ok: false, reason: 'not-authentic' };
  }
  const credential = readCredential(head);
  if (now >= credential.expiresAt) return { ok: false, reason: 'expired', credential };
  const bound = (head.readUInt8(1) & FLAG_DATABASE_BOUND) !== 0;
  const tag = head.subarray(DATABASE_TAG_AT, PRINCIPAL_TAG_AT);
  if (bound && !sameBytes(tag, databaseTag(key, database))) {
    return { ok: false, reason: 'other-database', credential };
  }
  return { ok: true, credential };
}

/** The bytes of a password that has the form of one. */
function decodeToken(password: string): Buffer | undefined {
  if (password.length > TOKEN_CHARACTERS_MAX || !/^[A-Za-z0-9_-]+$/.test(password)) return undefined;
  const token = Buffer.from(password, 'base64url');
  if (token.length < LIMITS_AT + MAC_BYTES || token.readUInt8(0) !== VERSION) return undefined;
  const limits = limitsBytes(token.readUInt8(1) & ~OWN_FLAGS);
  if (limits === undefined || token.length !== LIMITS_AT + limits + MAC_BYTES) return undefined;
  // Every length is a multiple of three, so that no character has bits that nothing looks at.
  return token.length * 4 === password.length * 3 ? token : undefined;
}

function readCredential(head: Buffer): Credential {
  const expiry = head.readUInt32BE(4);
  const roleTag = head.toString('hex', ROLE_TAG_AT, LIMITS_AT);
  return {
    credentialId: head.toString('hex', ID_AT, DATABASE_TAG_AT),
    issuedAt: new Date((expiry - head.readUInt16BE(8)) * 1000),
    expiresAt: new Date(expiry * 1000),
    principalTag: head.toString('hex', PRINCIPAL_TAG_AT, ROLE_TAG_AT),
    roleTag: /^0+$/.test(roleTag) ? '' : roleTag,
    limits: readLimits(head.subarray(LIMITS_AT)),
    endsSessions: (head.readUInt8(1) & FLAG_ENDS_SESSIONS) !== 0,
    isOwnUser: (head.readUInt8(1) & FLAG_OWN_USER) !== 0,
  };
}

/** The tags of lately asked databases, by the key that makes them. */
const databaseTags = new WeakMap<HmacKey, (database: string) => Uint8Array>();

function databaseTag(key: HmacKey, database: string): Uint8Array {
  let tagOf = databaseTags.get(key);
  if (tagOf === undefined) {
    // No message of the MAC begins like this: its first byte is the version.
    tagOf = remembered((name) => key.sign(Buffer.from(`database/${name}`)).subarray(0, DATABASE_TAG_BYTES));
    databaseTags.set(key, tagOf);
  }
  return tagOf(database);
}

/** Each part is preceded by its length, so that no two different claims give the same bytes. */
function mac(key: HmacKey, head: Buffer, claims: CredentialClaims): Buffer {
  const { clusterArn, loginName } = claims;
  const message = Buffer.allocUnsafe(
    head.length + LENGTH_BYTES + Buffer.byteLength(clusterArn) + LENGTH_BYTES + Buffer.byteLength(loginName),
  );
  message.set(head);
  let end = head.length;
  for (const text of [clusterArn, loginName]) {
    const length = message.write(text, end + LENGTH_BYTES);
    message.writeUInt32BE(length, end);
    end += LENGTH_BYTES + length;
  }
  return key.sign(message);
}
