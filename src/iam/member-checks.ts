import { validationError } from './iam-errors.ts';

/**
 * The forms of names and paths. The API checks them too, from its service model; these hold for every other
 * way in, because names become parts of ARNs that policies match.
 */

const NAME = /^[A-Za-z0-9_+=,.@-]+$/;
const PATH = /^(\/|\/[!-~]+\/)$/;
const POLICY_PATH = /^((\/[A-Za-z0-9.,+@=_-]+)*)\/$/;
const PATH_CHARACTERS_MAX = 512;
const DESCRIPTION_CHARACTERS_MAX = 1000;

const NAME_CHARACTERS_MAX = {
  userName: 64,
  groupName: 128,
  roleName: 64,
  policyName: 128,
  instanceProfileName: 128,
  serverCertificateName: 128,
  virtualMFADeviceName: 226,
} as const;

/** Throws ValidationError unless `value` may be the name of such a thing. */
export function requireName(member: keyof typeof NAME_CHARACTERS_MAX, value: string): void {
  const max = NAME_CHARACTERS_MAX[member];
  if (value.length < 1) refuse(member, value, 'have length greater than or equal to 1');
  if (value.length > max) refuse(member, value, `have length less than or equal to ${max}`);
  if (!NAME.test(value)) refuse(member, value, 'satisfy regular expression pattern: [\\w+=,.@-]+');
}

/** Throws ValidationError unless `value` may be the path of a user, group or role. */
export function requirePath(value: string): void {
  requirePathForm(value, PATH, '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)');
}

/** Throws ValidationError unless `value` may be the path of a managed policy. */
export function requirePolicyPath(value: string): void {
  requirePathForm(value, POLICY_PATH, '((/[A-Za-z0-9\\.,\\+@=_-]+)*)/');
}

/** Throws ValidationError unless `value` may describe a policy or a role. A zero byte cannot be stored. */
export function requireDescription(value: string): void {
  if (value.length > DESCRIPTION_CHARACTERS_MAX) {
    refuse('description', value, `have length less than or equal to ${DESCRIPTION_CHARACTERS_MAX}`);
  }
  if (value.includes('\0')) refuse('description', '', 'not contain the character U+0000');
}

function requirePathForm(value: string, form: RegExp, published: string): void {
  if (value.length > PATH_CHARACTERS_MAX) {
    refuse('path', value, `have length less than or equal to ${PATH_CHARACTERS_MAX}`);
  }
  if (!form.test(value)) refuse('path', value, `satisfy regular expression pattern: ${published}`);
}

function refuse(member: string, value: string, rule: string): never {
  throw validationError(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must ${rule}`,
  );
}
