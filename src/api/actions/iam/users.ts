import { rootArn, userArn } from '../../../core/arn.ts';
import { findAccountAlias } from '../../../iam/account-aliases.ts';
import { deleteEntity, renameEntity } from '../../../iam/entity-changes.ts';
import type { Iam } from '../../../iam/iam.ts';
import { createUser, getUser, listUsers, setUserBoundary } from '../../../iam/users.ts';
import type { Caller } from '../../action.ts';
import type { User } from '../../services/iam.generated.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, tagsOfInput, userShape } from './shapes.ts';
import { boundaryKey, creating, onList, onUser, onUserOrRoot, userOrRoot } from './targets.ts';

const CreateUser = changing<'CreateUser'>(
  (_iam, input, caller) => {
    const resource = userArn(caller.principal.accountId, input.Path ?? '/', input.UserName);
    const boundary = boundaryKey(input.PermissionsBoundary);
    return creating('iam:CreateUser', 'iam:TagUser', resource, input.Tags, boundary);
  },
  async (iam, input, caller) => ({
    User: userShape(
      await createUser(iam, caller.principal.accountId, {
        userName: input.UserName,
        path: input.Path,
        boundaryArn: input.PermissionsBoundary,
        tags: tagsOfInput(input.Tags),
      }),
    ),
  }),
);

const GetUser = reading<'GetUser'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:GetUser', input.UserName),
  async (iam, input, caller) => {
    const wanted = userOrRoot(caller, input.UserName);
    if (wanted === 'root') return { User: await rootUserShape(iam, caller) };
    return { User: userShape(await getUser(iam, caller.principal.accountId, wanted.userName)) };
  },
);

const ListUsers = reading<'ListUsers'>(
  (_iam, input, caller) => onList(caller, 'iam:ListUsers', 'user', input.PathPrefix),
  async (iam, input, caller) => {
    const request = { ...pageOfInput('ListUsers', input), pathPrefix: input.PathPrefix };
    const page = await listUsers(iam, caller.principal.accountId, request);
    // Boundaries and tags are not in this list, says the API reference.
    return {
      Users: page.items.map((user) => userShape({ ...user, boundaryArn: undefined })),
      ...pageMembers(page),
    };
  },
);

const UpdateUser = changing<'UpdateUser'>(
  async (iam, input, caller) => {
    const [source] = await onUser(iam, caller, 'iam:UpdateUser', input.UserName);
    if (source === undefined) return [];
    // Both the user as it is and the user as it would be: moving must not lead into a path one may not write.
    return [source, { ...source, resource: renamed(source.resource, input.NewPath, input.NewUserName) }];
  },
  (iam, input, caller) =>
    renameEntity(
      iam,
      caller.principal.accountId,
      { kind: 'user', name: input.UserName },
      { newName: input.NewUserName, newPath: input.NewPath },
    ),
);

const DeleteUser = changing<'DeleteUser'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:DeleteUser', input.UserName),
  (iam, input, caller) =>
    deleteEntity(iam, caller.principal.accountId, { kind: 'user', name: input.UserName }),
);

const PutUserPermissionsBoundary = changing<'PutUserPermissionsBoundary'>(
  (iam, input, caller) =>
    onUser(
      iam,
      caller,
      'iam:PutUserPermissionsBoundary',
      input.UserName,
      boundaryKey(input.PermissionsBoundary),
    ),
  (iam, input, caller) =>
    setUserBoundary(iam, caller.principal.accountId, input.UserName, input.PermissionsBoundary),
);

const DeleteUserPermissionsBoundary = changing<'DeleteUserPermissionsBoundary'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:DeleteUserPermissionsBoundary', input.UserName),
  (iam, input, caller) => setUserBoundary(iam, caller.principal.accountId, input.UserName, undefined),
);

export const userActions = {
  CreateUser,
  GetUser,
  ListUsers,
  UpdateUser,
  DeleteUser,
  PutUserPermissionsBoundary,
  DeleteUserPermissionsBoundary,
};

/** The ARN of a user or group after a new path, a new name, or both. */
export function renamed(arn: string, newPath: string | undefined, newName: string | undefined): string {
  const pathStart = arn.indexOf('/');
  const nameStart = arn.lastIndexOf('/') + 1;
  const path = newPath ?? arn.slice(pathStart, nameStart);
  return arn.slice(0, pathStart) + path + (newName ?? arn.slice(nameStart));
}

/** What GetUser says of the root user, who is no user of the store. */
async function rootUserShape(iam: Iam, caller: Caller): Promise<User> {
  const { accountId } = caller.principal;
  const [account] = await iam.store.query<{ created_at: Date }>(
    'SELECT created_at FROM keyshift.accounts WHERE account_id = $1',
    [accountId],
  );
  return {
    Path: '/',
    UserName: (await findAccountAlias(iam, accountId)) ?? accountId,
    UserId: accountId,
    Arn: rootArn(accountId),
    CreateDate: account?.created_at ?? iam.clock.now(),
  };
}
