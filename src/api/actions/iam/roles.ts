import { roleArn } from '../../../core/arn.ts';
import { deleteEntity } from '../../../iam/entity-changes.ts';
import { createRole, getRole, listRoles, updateRole } from '../../../iam/roles.ts';
import {
  createServiceLinkedRole,
  deleteServiceLinkedRole,
  type NewServiceRole,
  requireDeletionTask,
  serviceRoleName,
} from '../../../iam/service-linked-roles.ts';
import type { CreateServiceLinkedRoleRequest } from '../../services/iam.generated.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, roleShape, tagsOfInput } from './shapes.ts';
import { boundaryKey, creating, onAccount, onList, onRole } from './targets.ts';

/** Roles and their trust policies. */

/** The maximum that UpdateRole sets when it is not told one, says the API reference. */
const SESSION_SECONDS_DEFAULT = 3600;

const CreateRole = changing<'CreateRole'>(
  (_iam, input, caller) => {
    const resource = roleArn(caller.principal.accountId, input.Path ?? '/', input.RoleName);
    const boundary = boundaryKey(input.PermissionsBoundary);
    return creating('iam:CreateRole', 'iam:TagRole', resource, input.Tags, boundary);
  },
  async (iam, input, caller) => ({
    Role: roleShape(
      await createRole(iam, caller.principal.accountId, {
        roleName: input.RoleName,
        path: input.Path,
        trustPolicy: input.AssumeRolePolicyDocument,
        description: input.Description,
        maxSessionSeconds: input.MaxSessionDuration,
        boundaryArn: input.PermissionsBoundary,
        tags: tagsOfInput(input.Tags),
      }),
    ),
  }),
);

const GetRole = reading<'GetRole'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:GetRole', input.RoleName),
  async (iam, input, caller) => {
    const role = await getRole(iam, caller.principal.accountId, input.RoleName);
    const { lastUsed } = role;
    return {
      Role: {
        ...roleShape(role),
        RoleLastUsed: lastUsed === undefined ? {} : { LastUsedDate: lastUsed.at, Region: lastUsed.region },
      },
    };
  },
);

const ListRoles = reading<'ListRoles'>(
  (_iam, input, caller) => onList(caller, 'iam:ListRoles', 'role', input.PathPrefix),
  async (iam, input, caller) => {
    const request = { ...pageOfInput('ListRoles', input), pathPrefix: input.PathPrefix };
    const page = await listRoles(iam, caller.principal.accountId, request);
    // Boundaries, tags and the last use are not in this list, says the API reference.
    return {
      Roles: page.items.map((role) => roleShape({ ...role, boundaryArn: undefined })),
      ...pageMembers(page),
    };
  },
);

const UpdateRole = changing<'UpdateRole'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:UpdateRole', input.RoleName),
  async (iam, input, caller) => {
    await updateRole(iam, caller.principal.accountId, input.RoleName, {
      description: input.Description,
      maxSessionSeconds: input.MaxSessionDuration ?? SESSION_SECONDS_DEFAULT,
    });
    return {};
  },
);

const UpdateRoleDescription = changing<'UpdateRoleDescription'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:UpdateRoleDescription', input.RoleName),
  async (iam, input, caller) => {
    const change = { description: input.Description };
    return { Role: roleShape(await updateRole(iam, caller.principal.accountId, input.RoleName, change)) };
  },
);

const UpdateAssumeRolePolicy = changing<'UpdateAssumeRolePolicy'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:UpdateAssumeRolePolicy', input.RoleName),
  async (iam, input, caller) => {
    const change = { trustPolicy: input.PolicyDocument };
    await updateRole(iam, caller.principal.accountId, input.RoleName, change);
  },
);

const DeleteRole = changing<'DeleteRole'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:DeleteRole', input.RoleName),
  (iam, input, caller) =>
    deleteEntity(iam, caller.principal.accountId, { kind: 'role', name: input.RoleName }),
);

const PutRolePermissionsBoundary = changing<'PutRolePermissionsBoundary'>(
  (iam, input, caller) =>
    onRole(
      iam,
      caller,
      'iam:PutRolePermissionsBoundary',
      input.RoleName,
      boundaryKey(input.PermissionsBoundary),
    ),
  async (iam, input, caller) => {
    const change = { boundaryArn: input.PermissionsBoundary };
    await updateRole(iam, caller.principal.accountId, input.RoleName, change);
  },
);

const DeleteRolePermissionsBoundary = changing<'DeleteRolePermissionsBoundary'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:DeleteRolePermissionsBoundary', input.RoleName),
  async (iam, input, caller) => {
    await updateRole(iam, caller.principal.accountId, input.RoleName, { boundaryArn: null });
  },
);

const CreateServiceLinkedRole = changing<'CreateServiceLinkedRole'>(
  (_iam, input, caller) => {
    const { name, path } = serviceRoleName(serviceRoleOf(input));
    const resource = roleArn(caller.principal.accountId, path, name);
    const context = new Map([['iam:awsservicename', [input.AWSServiceName]]]);
    return [{ action: 'iam:CreateServiceLinkedRole', resource, context }];
  },
  async (iam, input, caller) => ({
    Role: roleShape(await createServiceLinkedRole(iam, caller.principal.accountId, serviceRoleOf(input))),
  }),
);

const DeleteServiceLinkedRole = changing<'DeleteServiceLinkedRole'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:DeleteServiceLinkedRole', input.RoleName),
  async (iam, input, caller) => ({
    DeletionTaskId: await deleteServiceLinkedRole(iam, caller.principal.accountId, input.RoleName),
  }),
);

const GetServiceLinkedRoleDeletionStatus = reading<'GetServiceLinkedRoleDeletionStatus'>(
  () => onAccount('iam:GetServiceLinkedRoleDeletionStatus'),
  async (iam, input, caller) => {
    await requireDeletionTask(iam, caller.principal.accountId, input.DeletionTaskId);
    return { Status: 'SUCCEEDED' };
  },
);

export const roleActions = {
  CreateServiceLinkedRole,
  DeleteServiceLinkedRole,
  GetServiceLinkedRoleDeletionStatus,
  CreateRole,
  GetRole,
  ListRoles,
  UpdateRole,
  UpdateRoleDescription,
  UpdateAssumeRolePolicy,
  DeleteRole,
  PutRolePermissionsBoundary,
  DeleteRolePermissionsBoundary,
};

function serviceRoleOf(input: CreateServiceLinkedRoleRequest): NewServiceRole {
  return {
    serviceName: input.AWSServiceName,
    description: input.Description,
    suffix: input.CustomSuffix,
  };
}
