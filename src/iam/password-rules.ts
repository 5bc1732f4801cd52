import { AwsError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { PasswordPolicy } from './password-policy.ts';

/** Whether a new console password follows the rules: those of the account, or the default ones. */

const CHARACTERS_MAX = 128;
const ALLOWED = /^[\t\n\r\u0020-\u00ff]*$/;

/**
 * The rules that hold while an account has set none of its own.
 * Source: IAM User Guide, "Setting an account password policy", default password policy.
 */
const DEFAULT_CHARACTERS_MIN = 8;
const DEFAULT_CLASSES_MIN = 3;

/** The rules that a policy can turn on. The symbols are those that the IAM User Guide lists. */
const CLASSES = [
  { member: 'requireSymbols', characters: /[!@#$%^&*()_+\-=[\]{}|']/, name: 'symbol' },
  { member: 'requireNumbers', characters: /[0-9]/, name: 'number' },
  { member: 'requireUppercase', characters: /[A-Z]/, name: 'uppercase letter' },
  { member: 'requireLowercase', characters: /[a-z]/, name: 'lowercase letter' },
] as const;

/** Throws PasswordPolicyViolation unless the password follows the rules; `forbidden` are names it may not equal. */
export function requireGoodPassword(
  password: Secret,
  policy: PasswordPolicy | undefined,
  forbidden: readonly string[],
): void {
  const text = password.reveal();
  if (policy === undefined) requireDefault(text, forbidden);
  else requireFollowed(policy, text);
}

function requireFollowed(policy: PasswordPolicy, text: string): void {
  if (text.length < policy.charactersMin) {
    throw passwordViolation(`Password should have a minimum length of ${policy.charactersMin}`);
  }
  for (const { member, characters, name } of CLASSES) {
    if (policy[member] && !characters.test(text)) {
      throw passwordViolation(`Password should have at least one ${name}`);
    }
  }
  if (text.length > CHARACTERS_MAX || !ALLOWED.test(text)) {
    throw passwordViolation(
      `Password should have at most ${CHARACTERS_MAX} characters, of the Basic Latin and Latin-1 sets`,
    );
  }
}

function requireDefault(text: string, forbidden: readonly string[]): void {
  const classes = CLASSES.filter(({ characters }) => characters.test(text)).length;
  const isGood =
    text.length >= DEFAULT_CHARACTERS_MIN &&
    text.length <= CHARACTERS_MAX &&
    classes >= DEFAULT_CLASSES_MIN &&
    ALLOWED.test(text) &&
    !forbidden.some((name) => name.toLowerCase() === text.toLowerCase());
  if (isGood) return;
  throw passwordViolation(
    'Password does not conform to the account password policy. It must have ' +
      `${DEFAULT_CHARACTERS_MIN} to ${CHARACTERS_MAX} characters, at least ${DEFAULT_CLASSES_MIN} of upper case, ` +
      'lower case, numbers and symbols, and must not be the name of the account.',
  );
}

export const passwordViolation = (text: string): AwsError =>
  new AwsError('PasswordPolicyViolation', 400, text);
