import { groupArn } from '../../../core/arn.ts';
import { deleteEntity, renameEntity } from '../../../iam/entity-changes.ts';
import { createGroup, getGroup, listGroups } from '../../../iam/groups.ts';
import {
  addUserToGroup,
  listGroupsOfUser,
  listUsersInGroup,
  removeUserFromGroup,
} from '../../../iam/memberships.ts';
import { changing, reading } from './row.ts';
import { groupShape, pageMembers, pageOfInput, userShape } from './shapes.ts';
import { onGroup, onList, onUser } from './targets.ts';
import { renamed } from './users.ts';

/** Groups of users, and who is in them. */

const CreateGroup = changing<'CreateGroup'>(
  (_iam, input, caller) => {
    const resource = groupArn(caller.principal.accountId, input.Path ?? '/', input.GroupName);
    return [{ action: 'iam:CreateGroup', resource }];
  },
  async (iam, input, caller) => {
    const request = { groupName: input.GroupName, path: input.Path };
    return { Group: groupShape(await createGroup(iam, caller.principal.accountId, request)) };
  },
);

const GetGroup = reading<'GetGroup'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:GetGroup', input.GroupName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const group = await getGroup(iam, accountId, input.GroupName);
    const page = await listUsersInGroup(iam, accountId, input.GroupName, pageOfInput('GetGroup', input));
    return {
      Group: groupShape(group),
      Users: page.items.map((user) => userShape({ ...user, boundaryArn: undefined })),
      ...pageMembers(page),
    };
  },
);

const ListGroups = reading<'ListGroups'>(
  (_iam, input, caller) => onList(caller, 'iam:ListGroups', 'group', input.PathPrefix),
  async (iam, input, caller) => {
    const request = { ...pageOfInput('ListGroups', input), pathPrefix: input.PathPrefix };
    const page = await listGroups(iam, caller.principal.accountId, request);
    return { Groups: page.items.map(groupShape), ...pageMembers(page) };
  },
);

const UpdateGroup = changing<'UpdateGroup'>(
  async (iam, input, caller) => {
    const [source] = await onGroup(iam, caller, 'iam:UpdateGroup', input.GroupName);
    if (source === undefined) return [];
    return [source, { ...source, resource: renamed(source.resource, input.NewPath, input.NewGroupName) }];
  },
  (iam, input, caller) =>
    renameEntity(
      iam,
      caller.principal.accountId,
      { kind: 'group', name: input.GroupName },
      { newName: input.NewGroupName, newPath: input.NewPath },
    ),
);

const DeleteGroup = changing<'DeleteGroup'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:DeleteGroup', input.GroupName),
  (iam, input, caller) =>
    deleteEntity(iam, caller.principal.accountId, { kind: 'group', name: input.GroupName }),
);

const AddUserToGroup = changing<'AddUserToGroup'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:AddUserToGroup', input.GroupName),
  (iam, input, caller) =>
    addUserToGroup(iam, caller.principal.accountId, {
      groupName: input.GroupName,
      userName: input.UserName,
    }),
);

const RemoveUserFromGroup = changing<'RemoveUserFromGroup'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:RemoveUserFromGroup', input.GroupName),
  (iam, input, caller) =>
    removeUserFromGroup(iam, caller.principal.accountId, {
      groupName: input.GroupName,
      userName: input.UserName,
    }),
);

const ListGroupsForUser = reading<'ListGroupsForUser'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:ListGroupsForUser', input.UserName),
  async (iam, input, caller) => {
    const page = await listGroupsOfUser(
      iam,
      caller.principal.accountId,
      input.UserName,
      pageOfInput('ListGroupsForUser', input),
    );
    return { Groups: page.items.map(groupShape), ...pageMembers(page) };
  },
);

export const groupActions = {
  CreateGroup,
  GetGroup,
  ListGroups,
  UpdateGroup,
  DeleteGroup,
  AddUserToGroup,
  RemoveUserFromGroup,
  ListGroupsForUser,
};
