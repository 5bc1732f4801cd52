import {
  type AttachedPolicy,
  attachPolicy,
  detachPolicy,
  listAttachedPolicies,
  listEntitiesForPolicy,
} from '../../../iam/attachments.ts';
import type { Entity, EntityKind } from '../../../iam/entities.ts';
import type { Page } from '../../../iam/pages.ts';
import { changing, reading } from './row.ts';
import { attachedShapes, pageMembers, pageOfInput } from './shapes.ts';
import { onGroup, onPolicy, onRole, onUser } from './targets.ts';

const user = (name: string) => ({ kind: 'user', name }) as const;
const group = (name: string) => ({ kind: 'group', name }) as const;
const role = (name: string) => ({ kind: 'role', name }) as const;

/** The condition key that says which policy is attached or detached. */
const policyKey = (arn: string) => [['iam:policyarn', [arn]] as const];

const AttachUserPolicy = changing<'AttachUserPolicy'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:AttachUserPolicy', input.UserName, policyKey(input.PolicyArn)),
  (iam, input, caller) =>
    attachPolicy(iam, caller.principal.accountId, user(input.UserName), input.PolicyArn),
);

const DetachUserPolicy = changing<'DetachUserPolicy'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:DetachUserPolicy', input.UserName, policyKey(input.PolicyArn)),
  (iam, input, caller) =>
    detachPolicy(iam, caller.principal.accountId, user(input.UserName), input.PolicyArn),
);

const ListAttachedUserPolicies = reading<'ListAttachedUserPolicies'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:ListAttachedUserPolicies', input.UserName),
  async (iam, input, caller) =>
    attachedShape(
      await listAttachedPolicies(iam, caller.principal.accountId, user(input.UserName), {
        ...pageOfInput(input),
        pathPrefix: input.PathPrefix,
      }),
    ),
);

const AttachGroupPolicy = changing<'AttachGroupPolicy'>(
  (iam, input, caller) =>
    onGroup(iam, caller, 'iam:AttachGroupPolicy', input.GroupName, policyKey(input.PolicyArn)),
  (iam, input, caller) =>
    attachPolicy(iam, caller.principal.accountId, group(input.GroupName), input.PolicyArn),
);

const DetachGroupPolicy = changing<'DetachGroupPolicy'>(
  (iam, input, caller) =>
    onGroup(iam, caller, 'iam:DetachGroupPolicy', input.GroupName, policyKey(input.PolicyArn)),
  (iam, input, caller) =>
    detachPolicy(iam, caller.principal.accountId, group(input.GroupName), input.PolicyArn),
);

const ListAttachedGroupPolicies = reading<'ListAttachedGroupPolicies'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:ListAttachedGroupPolicies', input.GroupName),
  async (iam, input, caller) =>
    attachedShape(
      await listAttachedPolicies(iam, caller.principal.accountId, group(input.GroupName), {
        ...pageOfInput(input),
        pathPrefix: input.PathPrefix,
      }),
    ),
);

const AttachRolePolicy = changing<'AttachRolePolicy'>(
  (iam, input, caller) =>
    onRole(iam, caller, 'iam:AttachRolePolicy', input.RoleName, policyKey(input.PolicyArn)),
  (iam, input, caller) =>
    attachPolicy(iam, caller.principal.accountId, role(input.RoleName), input.PolicyArn),
);

const DetachRolePolicy = changing<'DetachRolePolicy'>(
  (iam, input, caller) =>
    onRole(iam, caller, 'iam:DetachRolePolicy', input.RoleName, policyKey(input.PolicyArn)),
  (iam, input, caller) =>
    detachPolicy(iam, caller.principal.accountId, role(input.RoleName), input.PolicyArn),
);

const ListAttachedRolePolicies = reading<'ListAttachedRolePolicies'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:ListAttachedRolePolicies', input.RoleName),
  async (iam, input, caller) =>
    attachedShape(
      await listAttachedPolicies(iam, caller.principal.accountId, role(input.RoleName), {
        ...pageOfInput(input),
        pathPrefix: input.PathPrefix,
      }),
    ),
);

const ListEntitiesForPolicy = reading<'ListEntitiesForPolicy'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:ListEntitiesForPolicy', input.PolicyArn),
  async (iam, input, caller) => {
    const kinds = kindsOf(input.EntityFilter);
    const page = await listEntitiesForPolicy(iam, caller.principal.accountId, input.PolicyArn, {
      ...pageOfInput(input),
      kinds,
      pathPrefix: input.PathPrefix,
      usage: input.PolicyUsageFilter,
    });
    const ofKind = (kind: EntityKind) => page.items.filter((entity: Entity) => entity.kind === kind);
    return {
      PolicyGroups: ofKind('group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
      PolicyUsers: ofKind('user').map(({ name, id }) => ({ UserName: name, UserId: id })),
      PolicyRoles: ofKind('role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      ...pageMembers(page),
    };
  },
);

export const attachmentActions = {
  AttachUserPolicy,
  DetachUserPolicy,
  ListAttachedUserPolicies,
  AttachGroupPolicy,
  DetachGroupPolicy,
  ListAttachedGroupPolicies,
  AttachRolePolicy,
  DetachRolePolicy,
  ListAttachedRolePolicies,
  ListEntitiesForPolicy,
};

function attachedShape(page: Page<AttachedPolicy>) {
  return {
    AttachedPolicies: attachedShapes(page.items),
    ...pageMembers(page),
  };
}

const KINDS: ReadonlyMap<string, EntityKind> = new Map([
  ['User', 'user'],
  ['Group', 'group'],
  ['Role', 'role'],
]);

/** The kinds of entities that a filter lets through. */
function kindsOf(filter: string | undefined): readonly EntityKind[] {
  if (filter === undefined) return ['user', 'group', 'role'];
  const kind = KINDS.get(filter);
  return kind === undefined ? [] : [kind];
}
