import {
  createAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
  type KeyOwner,
  listAccessKeys,
  updateAccessKey,
} from '../../../iam/access-keys.ts';
import type { Iam } from '../../../iam/iam.ts';
import type { Caller, RequiredPermission } from '../../action.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput } from './shapes.ts';
import { onUser } from './targets.ts';

const CreateAccessKey = changing<'CreateAccessKey'>(
  (iam, input, caller) => onKeyOwner(iam, caller, 'iam:CreateAccessKey', input.UserName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const key = await createAccessKey(iam, accountId, ownerOf(caller, input.UserName));
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
  (iam, input, caller) => onKeyOwner(iam, caller, 'iam:UpdateAccessKey', input.UserName),
  (iam, input, caller) =>
    updateAccessKey(
      iam,
      caller.principal.accountId,
      ownerOf(caller, input.UserName),
      input.AccessKeyId,
      input.Status,
    ),
);

const DeleteAccessKey = changing<'DeleteAccessKey'>(
  (iam, input, caller) => onKeyOwner(iam, caller, 'iam:DeleteAccessKey', input.UserName),
  (iam, input, caller) =>
    deleteAccessKey(iam, caller.principal.accountId, ownerOf(caller, input.UserName), input.AccessKeyId),
);

const ListAccessKeys = reading<'ListAccessKeys'>(
  (iam, input, caller) => onKeyOwner(iam, caller, 'iam:ListAccessKeys', input.UserName),
  async (iam, input, caller) => {
    const owner = ownerOf(caller, input.UserName);
    const page = await listAccessKeys(iam, caller.principal.accountId, owner, pageOfInput(input));
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

/** Whose keys a call means: those of the user it names, or else the caller's own. */
function ownerOf(caller: Caller, userName: string | undefined): KeyOwner {
  const name = userName ?? caller.principal.userName;
  return name === undefined ? 'root' : { userName: name };
}

async function onKeyOwner(
  iam: Iam,
  caller: Caller,
  action: string,
  userName: string | undefined,
): Promise<readonly RequiredPermission[]> {
  const owner = ownerOf(caller, userName);
  if (owner === 'root') return [{ action, resource: caller.principal.arn }];
  return onUser(iam, caller, action, owner.userName);
}
