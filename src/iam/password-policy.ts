import { AwsError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';

/**
 * The rules for console passwords that hold while an account has set none of its own.
 * Source: IAM User Guide, "Setting an account password policy", default password policy.
 */
const CHARACTERS_MIN = 8;
const CHARACTERS_MAX = 128;
const CLASSES_MIN = 3;
const CLASSES = [/[A-Z]/, /[a-z]/, /[0-9]/, /[!@#$%^&*()_+\-=[\]{}|']/];
const ALLOWED = /^[\t\n\r\u0020-\u00ff]*$/;

/** Throws PasswordPolicyViolation unless the password follows the rules; `forbidden` are names it may not equal. */
export function requireGoodPassword(password: Secret, forbidden: readonly string[]): void {
  const text = password.reveal();
  const classes = CLASSES.filter((characters) => characters.test(text)).length;
  const isGood =
    text.length >= CHARACTERS_MIN &&
    text.length <= CHARACTERS_MAX &&
    classes >= CLASSES_MIN &&
    ALLOWED.test(text) &&
    !forbidden.some((name) => name.toLowerCase() === text.toLowerCase());
  if (!isGood) {
    throw new AwsError(
      'PasswordPolicyViolation',
      400,
      'Password does not conform to the account password policy. It must have ' +
        `${CHARACTERS_MIN} to ${CHARACTERS_MAX} characters, at least ${CLASSES_MIN} of upper case, lower case, ` +
        'numbers and symbols, and must not be the name of the account.',
    );
  }
}
