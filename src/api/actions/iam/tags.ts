import { requireEntity } from '../../../iam/entities.ts';
import { requireOwnPolicy, requirePolicy } from '../../../iam/managed-policies.ts';
import { listTags, tagEntity, untagEntity } from '../../../iam/tags.ts';
import type { Database } from '../../../store/database.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, tagShapes, tagsOfInput } from './shapes.ts';
import { onPolicy, onRole, onUser, requestTagKeys } from './targets.ts';

/** Finds the owner of the tags inside the change that needs it. */
const user = (accountId: string, name: string) => (database: Database) =>
  requireEntity(database, accountId, { kind: 'user', name });

const role = (accountId: string, name: string) => (database: Database) =>
  requireEntity(database, accountId, { kind: 'role', name });

const ownPolicy = (accountId: string, arn: string) => (database: Database) =>
  requireOwnPolicy(database, accountId, arn);

const TagUser = changing<'TagUser'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:TagUser', input.UserName, requestTagKeys(input.Tags)),
  (iam, input, caller) => {
    const { accountId } = caller.principal;
    return tagEntity(iam, accountId, user(accountId, input.UserName), tagsOfInput(input.Tags));
  },
);

const UntagUser = changing<'UntagUser'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:UntagUser', input.UserName, [['aws:tagkeys', input.TagKeys]]),
  (iam, input, caller) => {
    const { accountId } = caller.principal;
    return untagEntity(iam, accountId, user(accountId, input.UserName), input.TagKeys);
  },
);

const ListUserTags = reading<'ListUserTags'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:ListUserTags', input.UserName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const page = await listTags(iam, accountId, user(accountId, input.UserName), pageOfInput(input));
    return { Tags: tagShapes(page.items) ?? [], ...pageMembers(page) };
  },
);

const TagRole = changing<'TagRole'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:TagRole', input.RoleName, requestTagKeys(input.Tags)),
  (iam, input, caller) => {
    const { accountId } = caller.principal;
    return tagEntity(iam, accountId, role(accountId, input.RoleName), tagsOfInput(input.Tags));
  },
);

const UntagRole = changing<'UntagRole'>(
  (iam, input, caller) =>
    onRole(iam, caller, 'iam:UntagRole', input.RoleName, [['aws:tagkeys', input.TagKeys]]),
  (iam, input, caller) => {
    const { accountId } = caller.principal;
    return untagEntity(iam, accountId, role(accountId, input.RoleName), input.TagKeys);
  },
);

const ListRoleTags = reading<'ListRoleTags'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:ListRoleTags', input.RoleName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const page = await listTags(iam, accountId, role(accountId, input.RoleName), pageOfInput(input));
    return { Tags: tagShapes(page.items) ?? [], ...pageMembers(page) };
  },
);

const TagPolicy = changing<'TagPolicy'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:TagPolicy', input.PolicyArn, requestTagKeys(input.Tags)),
  (iam, input, caller) => {
    const { accountId } = caller.principal;
    return tagEntity(iam, accountId, ownPolicy(accountId, input.PolicyArn), tagsOfInput(input.Tags));
  },
);

const UntagPolicy = changing<'UntagPolicy'>(
  (iam, input, caller) =>
    onPolicy(iam, caller, 'iam:UntagPolicy', input.PolicyArn, [['aws:tagkeys', input.TagKeys]]),
  (iam, input, caller) => {
    const { accountId } = caller.principal;
    return untagEntity(iam, accountId, ownPolicy(accountId, input.PolicyArn), input.TagKeys);
  },
);

const ListPolicyTags = reading<'ListPolicyTags'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:ListPolicyTags', input.PolicyArn),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const owner = (database: Database) => requirePolicy(database, accountId, input.PolicyArn);
    const page = await listTags(iam, accountId, owner, pageOfInput(input));
    return { Tags: tagShapes(page.items) ?? [], ...pageMembers(page) };
  },
);

export const tagActions = {
  TagUser,
  UntagUser,
  ListUserTags,
  TagRole,
  UntagRole,
  ListRoleTags,
  TagPolicy,
  UntagPolicy,
  ListPolicyTags,
};
