import { AwsError } from '../../../core/errors.ts';
import { Secret } from '../../../core/secret.ts';
import { validationError } from '../../../iam/iam-errors.ts';
import {
  changePassword,
  createLoginProfile,
  deleteLoginProfile,
  getLoginProfile,
  type LoginProfile,
  updateLoginProfile,
} from '../../../iam/login-profiles.ts';
import { findPasswordPolicy } from '../../../iam/password-policy.ts';
import { changing, reading } from './row.ts';
import { onUser, userNameOr } from './targets.ts';

/** Console passwords. */

const CreateLoginProfile = changing<'CreateLoginProfile'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:CreateLoginProfile', userNameOr(caller, input.UserName)),
  async (iam, input, caller) => {
    if (input.Password === undefined) {
      throw validationError("1 validation error detected: Value at 'password' must not be null");
    }
    const profile = await createLoginProfile(iam, caller.principal.accountId, {
      userName: userNameOr(caller, input.UserName),
      password: new Secret(input.Password),
      resetRequired: input.PasswordResetRequired,
    });
    return { LoginProfile: profileShape(profile) };
  },
);

const GetLoginProfile = reading<'GetLoginProfile'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:GetLoginProfile', userNameOr(caller, input.UserName)),
  async (iam, input, caller) => {
    const userName = userNameOr(caller, input.UserName);
    return { LoginProfile: profileShape(await getLoginProfile(iam, caller.principal.accountId, userName)) };
  },
);

const UpdateLoginProfile = changing<'UpdateLoginProfile'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:UpdateLoginProfile', input.UserName),
  (iam, input, caller) =>
    updateLoginProfile(iam, caller.principal.accountId, {
      userName: input.UserName,
      password: input.Password === undefined ? undefined : new Secret(input.Password),
      resetRequired: input.PasswordResetRequired,
    }),
);

const DeleteLoginProfile = changing<'DeleteLoginProfile'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:DeleteLoginProfile', userNameOr(caller, input.UserName)),
  (iam, input, caller) =>
    deleteLoginProfile(iam, caller.principal.accountId, userNameOr(caller, input.UserName)),
);

const ChangePassword = changing<'ChangePassword'>(
  async (iam, _input, caller) => {
    const policy = await findPasswordPolicy(iam.store, caller.principal.accountId);
    const unlessDenied = policy?.usersMayChange ?? false;
    return [{ action: 'iam:ChangePassword', resource: caller.principal.arn, unlessDenied }];
  },
  (iam, input, caller) => {
    const { accountId, userName } = caller.principal;
    if (userName === undefined) {
      throw new AwsError('InvalidUserType', 400, 'Only IAM Users can change their own password.');
    }
    return changePassword(iam, accountId, {
      userName,
      oldPassword: new Secret(input.OldPassword),
      newPassword: new Secret(input.NewPassword),
    });
  },
);

export const loginProfileActions = {
  CreateLoginProfile,
  GetLoginProfile,
  UpdateLoginProfile,
  DeleteLoginProfile,
  ChangePassword,
};

function profileShape(profile: LoginProfile) {
  return {
    UserName: profile.userName,
    CreateDate: profile.createdAt,
    PasswordResetRequired: profile.resetRequired,
  };
}
