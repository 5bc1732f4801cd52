import { SqlError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { digestVerifier } from '../../postgres/scram-verifier.ts';

/**
 * Which passwords a user may be given, and how they reach PostgreSQL.
 * Source: Redshift Database Developer Guide, CREATE USER, parameter PASSWORD.
 */

const CLEAR_PASSWORD_LENGTH_MIN = 8;
const CLEAR_PASSWORD_LENGTH_MAX = 64;

/** ASCII 33 to 126 without `'`, `"`, `\`, `/` and `@`. */
const CLEAR_PASSWORD = /^[!#-&(-.0-?A-[\]-~]*$/;

/** `md5` and the hash of password and user name; its content cannot be checked. */
const MD5_DIGEST = /^md5([0-9a-fA-F]{32})$/;

/** What clients such as psql send in place of a password that they hash themselves: iterations, salt and two keys. */
const SCRAM_VERIFIER =
  /^SCRAM-SHA-256\$[1-9][0-9]{0,8}:[A-Za-z0-9+/]+={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/;

/** Says that the password should be kept as a SHA-256 digest, which is what PostgreSQL does with any. */
const SHA256_PREFIX = 'sha256|';
/** The digest of password and salt, and the salt. */
const SHA256_DIGEST = /^sha256\|([0-9a-fA-F]{64})\|([0-9a-fA-F]{64})$/;

/**
 * The text to give PostgreSQL for `written`, the password of the user `name`. Throws SqlError 22023 for one that
 * Redshift refuses too. `sha256|` and a password is the password: left alone, PostgreSQL would take the whole text.
 */
export function acceptedPassword(written: string, name: string): string {
  if (SCRAM_VERIFIER.test(written)) return written;
  const [, md5] = MD5_DIGEST.exec(written) ?? [];
  if (md5 !== undefined) return digestVerifier('md5', new Secret(md5.toLowerCase()), Buffer.from(name));
  const [, sha256, salt] = SHA256_DIGEST.exec(written) ?? [];
  if (sha256 !== undefined && salt !== undefined) {
    return digestVerifier('sha256', new Secret(sha256.toLowerCase()), Buffer.from(salt, 'hex'));
  }
  const password = written.startsWith(SHA256_PREFIX) ? written.slice(SHA256_PREFIX.length) : written;
  const problem = clearPasswordProblem(password);
  if (problem !== undefined) {
    throw new SqlError('22023', problem, {
      detail:
        'A password has 8 to 64 characters, at least one upper-case letter, one lower-case letter and one number; ' +
        'any ASCII characters with codes 33-126 are allowed, except \' " \\ / and @.',
    });
  }
  return password;
}

function clearPasswordProblem(password: string): string | undefined {
  if (password.length < CLEAR_PASSWORD_LENGTH_MIN) return 'password must be at least 8 characters long';
  if (password.length > CLEAR_PASSWORD_LENGTH_MAX) return 'password must be at most 64 characters long';
  if (!CLEAR_PASSWORD.test(password)) return 'password contains a character that is not allowed';
  if (!/[A-Z]/.test(password)) return 'password must contain an upper-case letter';
  if (!/[a-z]/.test(password)) return 'password must contain a lower-case letter';
  return /[0-9]/.test(password) ? undefined : 'password must contain a number';
}
