import {
  type AttachedPolicy,
  attachPolicy,
  detachPolicy,
  listAttachedPolicies,
  listEntitiesForPolicy,
} from '../../../iam/attachments.ts';
import type { Entity, EntityKind } from '../../../iam/entities.ts';
import type { Page } from '../../../iam/pages.ts';
import { GROUP, type Named, type Owner, ROLE, USER } from './owners.ts';
import { type Row, reading, rowOf } from './row.ts';
import { attachedShapes, type PageMembers, pageMembers, pageOfInput } from './shapes.ts';
import { onPolicy } from './targets.ts';

type AttachedByArn = {
  readonly PolicyArn: string;
};

/** The condition key that says which policy is attached or detached. */
const policyKey = (arn: string) => [['iam:policyarn', [arn]] as const];

function altering<Key extends string>(
  action: string,
  { key, on, entity }: Owner<Key>,
  alter: typeof attachPolicy | typeof detachPolicy,
): Row<Named<Key> & AttachedByArn, void> {
  return rowOf(
    (iam, input, caller) => on(iam, caller, action, input[key], policyKey(input.PolicyArn)),
    (iam, input, caller) => alter(iam, caller.principal.accountId, entity(input[key]), input.PolicyArn),
    true,
  );
}

function listing<Key extends string>(
  action: string,
  { key, on, entity }: Owner<Key>,
): Row<
  Named<Key> & PageMembers & { readonly PathPrefix?: string | undefined },
  ReturnType<typeof attachedShape>
> {
  return rowOf(
    (iam, input, caller) => on(iam, caller, action, input[key]),
    async (iam, input, caller) =>
      attachedShape(
        await listAttachedPolicies(iam, caller.principal.accountId, entity(input[key]), {
          ...pageOfInput(action, input),
          pathPrefix: input.PathPrefix,
        }),
      ),
    false,
  );
}

const ListEntitiesForPolicy = reading<'ListEntitiesForPolicy'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:ListEntitiesForPolicy', input.PolicyArn),
  async (iam, input, caller) => {
    const kinds = kindsOf(input.EntityFilter);
    const page = await listEntitiesForPolicy(iam, caller.principal.accountId, input.PolicyArn, {
      ...pageOfInput('ListEntitiesForPolicy', input),
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
  AttachUserPolicy: altering('iam:AttachUserPolicy', USER, attachPolicy),
  DetachUserPolicy: altering('iam:DetachUserPolicy', USER, detachPolicy),
  ListAttachedUserPolicies: listing('iam:ListAttachedUserPolicies', USER),
  AttachGroupPolicy: altering('iam:AttachGroupPolicy', GROUP, attachPolicy),
  DetachGroupPolicy: altering('iam:DetachGroupPolicy', GROUP, detachPolicy),
  ListAttachedGroupPolicies: listing('iam:ListAttachedGroupPolicies', GROUP),
  AttachRolePolicy: altering('iam:AttachRolePolicy', ROLE, attachPolicy),
  DetachRolePolicy: altering('iam:DetachRolePolicy', ROLE, detachPolicy),
  ListAttachedRolePolicies: listing('iam:ListAttachedRolePolicies', ROLE),
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
