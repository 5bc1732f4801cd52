import {
  deletePasswordPolicy,
  getPasswordPolicy,
  type PasswordPolicy,
  putPasswordPolicy,
} from '../../../iam/password-policy.ts';
import { changing, reading } from './row.ts';
import { onAccount } from './targets.ts';

/** The rules of the account for console passwords. */

/** What holds for a member that a call leaves out: there is no partial update, says the API reference. */
const CHARACTERS_MIN_DEFAULT = 6;

const UpdateAccountPasswordPolicy = changing<'UpdateAccountPasswordPolicy'>(
  () => onAccount('iam:UpdateAccountPasswordPolicy'),
  (iam, input, caller) => {
    const policy: PasswordPolicy = {
      charactersMin: input.MinimumPasswordLength ?? CHARACTERS_MIN_DEFAULT,
      requireSymbols: input.RequireSymbols ?? false,
      requireNumbers: input.RequireNumbers ?? false,
      requireUppercase: input.RequireUppercaseCharacters ?? false,
      requireLowercase: input.RequireLowercaseCharacters ?? false,
      usersMayChange: input.AllowUsersToChangePassword ?? false,
      ageDaysMax: input.MaxPasswordAge,
      reusePrevention: input.PasswordReusePrevention,
      hardExpiry: input.HardExpiry ?? false,
    };
    caller.note({ passwordPolicy: policy });
    return putPasswordPolicy(iam, caller.principal.accountId, policy);
  },
);

const GetAccountPasswordPolicy = reading<'GetAccountPasswordPolicy'>(
  () => onAccount('iam:GetAccountPasswordPolicy'),
  async (iam, _input, caller) => {
    const policy = await getPasswordPolicy(iam, caller.principal.accountId);
    return {
      PasswordPolicy: {
        MinimumPasswordLength: policy.charactersMin,
        RequireSymbols: policy.requireSymbols,
        RequireNumbers: policy.requireNumbers,
        RequireUppercaseCharacters: policy.requireUppercase,
        RequireLowercaseCharacters: policy.requireLowercase,
        AllowUsersToChangePassword: policy.usersMayChange,
        ExpirePasswords: policy.ageDaysMax !== undefined,
        MaxPasswordAge: policy.ageDaysMax,
        PasswordReusePrevention: policy.reusePrevention,
        HardExpiry: policy.hardExpiry,
      },
    };
  },
);

const DeleteAccountPasswordPolicy = changing<'DeleteAccountPasswordPolicy'>(
  () => onAccount('iam:DeleteAccountPasswordPolicy'),
  (iam, _input, caller) => deletePasswordPolicy(iam, caller.principal.accountId),
);

export const passwordPolicyActions = {
  UpdateAccountPasswordPolicy,
  GetAccountPasswordPolicy,
  DeleteAccountPasswordPolicy,
};
