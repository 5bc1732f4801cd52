import { SqlError } from '../../core/errors.ts';

/**
 * Which passwords a user may be given, and how they reach PostgreSQL.
 * Source: Redshift Database Developer Guide, CREATE USER, parameter PASSWORD.
 */

const CLEAR_PASSWORD_LENGTH_MIN = 8;
const CLEAR_PASSWORD_LENGTH_MAX = 64;

/** ASCII 33 to 126 without `'`, `"`, `\`, `/` and `@`. */
const CLEAR_PASSWORD = /^[!#-&(-.0-?A-[\]-~]*$/;

/** `md5` and the hash of password and user name; its content cannot be checked. */
const MD5_PASSWORD = /^md5[0-9a-fA-F]{32}$/;

/** What clients such as psql send in place of a password that they hash themselves: iterations, salt and two keys. */
const SCRAM_VERIFIER =
  /^SCRAM-SHA-256\$[1-9][0-9]{0,8}:[A-Za-z0-9+/]+={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/;

/**
 * The text to give PostgreSQL for `password`. Throws SqlError 22023 for a password that Redshift refuses too, 0A000
 * for a SHA-256 hash in Redshift's form: PostgreSQL would take its text for the password itself.
 */
export function acceptedPassword(password: string): string {
  if (MD5_PASSWORD.test(password)) return password.toLowerCase();
  if (SCRAM_VERIFIER.test(password)) return password;
  if (password.startsWith('sha256|')) {
    throw new SqlError('0A000', 'passwords in the form sha256|... are not supported', {
      hint: 'Give the password itself; it is stored as a SCRAM-SHA-256 verifier.',
    });
  }
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
