import {
  createAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
  listAccessKeys,
  updateAccessKey,
} from '../../../iam/access-keys.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput } from './shapes.ts';
import { onUser, onUserOrRoot, userOrRoot } from './targets.ts';

/** Long-term access keys of users and of the root user. */

const CreateAccessKey = changing<'CreateAccessKey'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:CreateAccessKey', input.UserName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const key = await createAccessKey(iam, accountId, userOrRoot(caller, input.UserName));
    caller.note({ accessKeyId: key.accessKeyId });
    return {
      AccessKey: {
        UserName: key.userName ?? accountId,
        AccessKeyId: key.accessKeyId,
        Status: key.status,
        SecretAccessKey: key.secret.reveal(),
        CreateDate: key.createdAt,
      },
    };
  },
);

const UpdateAccessKey = changing<'UpdateAccessKey'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:UpdateAccessKey', input.UserName),
  (iam, input, caller) =>
    updateAccessKey(
      iam,
      caller.principal.accountId,
      userOrRoot(caller, input.UserName),
      input.AccessKeyId,
      input.Status,
    ),
);

const DeleteAccessKey = changing<'DeleteAccessKey'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:DeleteAccessKey', input.UserName),
  (iam, input, caller) =>
    deleteAccessKey(iam, caller.principal.accountId, userOrRoot(caller, input.UserName), input.AccessKeyId),
);

const ListAccessKeys = reading<'ListAccessKeys'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:ListAccessKeys', input.UserName),
  async (iam, input, caller) => {
    const owner = userOrRoot(caller, input.UserName);
    const page = await listAccessKeys(
      iam,
      caller.principal.accountId,
      owner,
      pageOfInput('ListAccessKeys', input),
    );
    return {
      AccessKeyMetadata: page.items.map((key) => ({
        UserName: key.userName,
        AccessKeyId: key.accessKeyId,
        Status: key.status,
        CreateDate: key.createdAt,
      })),
      ...pageMembers(page),
    };
  },
);

const GetAccessKeyLastUsed = reading<'GetAccessKeyLastUsed'>(
  async (iam, input, caller) => {
    const action = 'iam:GetAccessKeyLastUsed';
    const found = await getAccessKeyLastUsed(iam, caller.principal.accountId, input.AccessKeyId).catch(
      () => undefined,
    );
    return found?.userName === undefined
      ? [{ action, resource: '*' }]
      : onUser(iam, caller, action, found.userName);
  },
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const { userName, lastUse } = await getAccessKeyLastUsed(iam, accountId, input.AccessKeyId);
    return {
      UserName: userName,
      AccessKeyLastUsed: {
        LastUsedDate: lastUse?.at,
        ServiceName: lastUse?.service ?? 'N/A',
        Region: lastUse?.region ?? 'N/A',
      },
    };
  },
);

export const accessKeyActions = {
  CreateAccessKey,
  UpdateAccessKey,
  DeleteAccessKey,
  ListAccessKeys,
  GetAccessKeyLastUsed,
};
