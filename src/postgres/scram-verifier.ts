import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { RandomBytes } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';

/** What PostgreSQL stores for a password. Computed here, so that no clear text enters a statement or a log. */

/** PostgreSQL 18, SCRAM_SHA_256_DEFAULT_ITERATIONS and SCRAM_DEFAULT_SALT_LEN. */
const ITERATIONS = 4096;
const SALT_BYTES = 16;

/**
 * The verifier `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey` of a password, for `ALTER ROLE … PASSWORD`.
 * Source: RFC 5802 section 3, RFC 7677; PostgreSQL 18 manual, pg_authid.rolpassword. A password beyond ASCII is
 * normalized by NFKC, the main step of SASLprep (RFC 4013).
 */
export function scramVerifier(password: Secret, random: RandomBytes): string {
  return verifierOf(password, random(SALT_BYTES));
}

/** What a digest of a password is made with: SHA-256 and random bytes, or MD5 and the name of the user. */
export type DigestKind = 'sha256' | 'md5';

interface DigestForm {
  /** Begins SCRAM's salt: nine bytes, which base64 writes apart from the rest. */
  readonly mark: Buffer;
  readonly of: (password: Secret, salt: Buffer) => string;
}

const MARK_START = 'digest';
const DIGESTS: Readonly<Record<DigestKind, DigestForm>> = {
  sha256: { mark: Buffer.from(`${MARK_START}|s|`), of: (password, salt) => hashed('sha256', password, salt) },
  md5: { mark: Buffer.from(`${MARK_START}|m|`), of: (password, salt) => hashed('md5', password, salt) },
};

/** What every verifier of `digestVerifier` begins with, and hardly any other. */
export const DIGEST_VERIFIER_PREFIX = `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(MARK_START).toString('base64')}`;

/**
 * The verifier of a password of which only a salted digest, in small hexadecimal digits, is known: that of the digest
 * itself, with the digest's salt inside SCRAM's, for whoever gets to see the password. PostgreSQL has no other way
 * to check one: it takes MD5 hashes only where every login may use MD5, and SHA-256 hashes nowhere.
 * Source: Redshift Database Developer Guide, CREATE USER, parameter PASSWORD.
 */
export function digestVerifier(kind: DigestKind, digest: Secret, salt: Buffer): string {
  return verifierOf(digest, Buffer.concat([DIGESTS[kind].mark, salt]));
}

/** What proves `password` to a verifier with this salt: the password, or its digest. */
export function proofOf(password: Secret, scramSalt: Buffer): Secret {
  for (const { mark, of } of Object.values(DIGESTS)) {
    if (scramSalt.subarray(0, mark.length).equals(mark)) {
      return new Secret(of(password, scramSalt.subarray(mark.length)));
    }
  }
  return password;
}

function hashed(algorithm: string, password: Secret, salt: Buffer): string {
  return createHash(algorithm).update(password.reveal()).update(salt).digest('hex');
}

function verifierOf(password: Secret, salt: Buffer): string {
  const salted = pbkdf2Sync(password.reveal().normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest();
  const serverKey = createHmac('sha256', salted).update('Server Key').digest();
  const [saltText, stored, server] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `SCRAM-SHA-256$${ITERATIONS}:${saltText}$${stored}:${server}`;
}
