import { AwsError } from '../../../core/errors.ts';
import type { Iam } from '../../../iam/iam.ts';
import { validationError } from '../../../iam/iam-errors.ts';
import { requireMfaCode } from '../../../iam/mfa-codes.ts';
import type { IssuedSession } from '../../../iam/new-session.ts';
import type { Keyring } from '../../../store/keyring.ts';
import type { Action, Caller } from '../../action.ts';
import type { Credentials, PolicyDescriptorType, StsOperations } from '../../services/sts.generated.ts';

/** What the rows of the Security Token Service have in common. */

export interface StsDeps {
  readonly iam: Iam;
  readonly keyring: Keyring;
}

type Name = keyof StsOperations;

export type StsAction<N extends Name> = Action<
  StsDeps,
  StsOperations[N]['input'],
  StsOperations[N]['output']
>;

/** Rows by operation. */
export type StsActions = { readonly [N in Name]?: StsAction<N> };

/** The one answer that tells temporary credentials to their owner. */
export function credentialsShape(issued: IssuedSession): Credentials {
  return {
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secret.reveal(),
    SessionToken: issued.token.reveal(),
    Expiration: issued.expiresAt,
  };
}

/** What the audit log keeps of a session that was issued. */
export function noteIssued(caller: Caller, issued: IssuedSession): void {
  caller.note({ issuedAccessKeyId: issued.accessKeyId, expiration: issued.expiresAt.toISOString() });
}

/** Throws ValidationError for a descriptor without an ARN. */
export function arnsOfInput(descriptors: readonly PolicyDescriptorType[] | undefined): readonly string[] {
  return (descriptors ?? []).map(({ arn }) => {
    if (arn === undefined)
      throw validationError("1 validation error detected: Value at 'policyArns' must not be null");
    return arn;
  });
}

/** When the caller gives a second factor in this call; undefined if it gives none. Throws AccessDenied. */
export async function mfaOfInput(
  iam: Iam,
  caller: Caller,
  input: { readonly SerialNumber?: string | undefined; readonly TokenCode?: string | undefined },
): Promise<Date | undefined> {
  const { SerialNumber: serial, TokenCode: code } = input;
  if (serial === undefined && code === undefined) return undefined;
  if (serial === undefined || code === undefined) {
    throw new AwsError(
      'AccessDenied',
      403,
      'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
    );
  }
  return requireMfaCode(iam, caller.principal, serial, code);
}
