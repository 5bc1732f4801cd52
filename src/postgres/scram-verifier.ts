import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { RandomBytes } from '../core/ids.ts';
import type { Secret } from '../core/secret.ts';

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
  const salt = random(SALT_BYTES);
  const salted = pbkdf2Sync(password.reveal().normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest();
  const serverKey = createHmac('sha256', salted).update('Server Key').digest();
  const [saltText, stored, server] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `SCRAM-SHA-256$${ITERATIONS}:${saltText}$${stored}:${server}`;
}
