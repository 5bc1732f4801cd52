import { attachedPolicies, inlinePolicies, tagging } from './entities.ts';
import {
  ACCOUNT,
  allRefused,
  type ClientStep,
  DOCUMENT,
  document,
  paged,
  refused,
  SERVICE_POLICY,
  step,
  TRUST,
} from './step.ts';

/** Roles, roles of services, and instance profiles. The account may have 5 roles and 3 instance profiles. */

const machine = { RoleName: 'machine' };
const none = { RoleName: 'none' };
const linked = { RoleName: 'AWSServiceRoleForRedshift' };
const service = { AWSServiceName: 'redshift.amazonaws.com' };
const NO_ROLE = 'The role with name none cannot be found.';
const PROTECTED =
  "Cannot perform the operation on the protected role 'AWSServiceRoleForRedshift' - this role is only modifiable by AWS";
const ROLE = { title: 'Role', name: machine, missing: none, missingText: NO_ROLE };
const BOUNDARY = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';
const NO_POLICY = 'arn:aws:iam::aws:policy/None';
const roles = [2, 3, 4, 5].map((number) => ({ RoleName: `role${number}` }));
const TOO_LARGE = document({
  Sid: 'x'.repeat(2048),
  Effect: 'Allow',
  Principal: { Service: 'ec2.amazonaws.com' },
  Action: 'sts:AssumeRole',
});

const profile = { InstanceProfileName: 'profile' };
const noProfile = { InstanceProfileName: 'none' };
const NO_PROFILE = 'Instance Profile none cannot be found.';
const PROFILE = {
  title: 'InstanceProfile',
  name: profile,
  missing: noProfile,
  missingText: NO_PROFILE,
};

export const roleSteps: readonly ClientStep[] = [
  step(
    'CreateRole',
    {
      ...machine,
      Path: '/walk/',
      AssumeRolePolicyDocument: TRUST,
      Description: 'a machine',
      MaxSessionDuration: 7200,
      PermissionsBoundary: BOUNDARY,
      Tags: [{ Key: 'Team', Value: 'a' }],
    },
    {
      Role: {
        ...machine,
        Path: '/walk/',
        RoleId: '~AROA[A-Z2-7]{17}',
        Arn: `arn:aws:iam::${ACCOUNT}:role/walk/machine`,
        AssumeRolePolicyDocument: JSON.parse(TRUST),
        Tags: [{ Key: 'Team', Value: 'a' }],
      },
    },
    { keep: { roleId: 'Role.RoleId' } },
  ),
  refused(
    'CreateRole',
    { RoleName: 'Machine', AssumeRolePolicyDocument: TRUST },
    'EntityAlreadyExists',
    'Role with name Machine already exists.',
  ),
  refused(
    'CreateRole',
    { ...none, AssumeRolePolicyDocument: '{' },
    'MalformedPolicyDocument',
    'Syntax errors in policy.',
  ),
  refused(
    'CreateRole',
    { ...none, Path: '/aws-service-role/x/', AssumeRolePolicyDocument: TRUST },
    'InvalidInput',
    'The path /aws-service-role/ is for service-linked roles.',
  ),
  ...roles.map((role) => step('CreateRole', { ...role, AssumeRolePolicyDocument: TRUST })),
  refused(
    'CreateRole',
    { ...none, AssumeRolePolicyDocument: TRUST },
    'LimitExceeded',
    'Cannot exceed quota for RolesPerAccount: 5',
  ),
  refused('CreateServiceLinkedRole', service, 'LimitExceeded', 'Cannot exceed quota for RolesPerAccount: 5'),
  ...paged('ListRoles', {}, { Roles: 'RoleName' }, 5),
  step('ListRoles', { PathPrefix: '/walk/' }, { Roles: [machine] }),
  ...roles.slice(1).map((role) => step('DeleteRole', role)),
  step('GetRole', machine, {
    Role: {
      ...machine,
      RoleId: '$roleId',
      Description: 'a machine',
      MaxSessionDuration: 7200,
      PermissionsBoundary: { PermissionsBoundaryArn: BOUNDARY },
    },
  }),
  step('UpdateRole', { ...machine, Description: 'another', MaxSessionDuration: 3600 }),
  step('UpdateRoleDescription', { ...machine, Description: 'a third' }, { Role: { Description: 'a third' } }),
  step('UpdateAssumeRolePolicy', { ...machine, PolicyDocument: TRUST }),
  refused(
    'UpdateAssumeRolePolicy',
    { ...machine, PolicyDocument: DOCUMENT },
    'MalformedPolicyDocument',
    'Has prohibited field Resource',
  ),
  refused(
    'UpdateAssumeRolePolicy',
    { ...machine, PolicyDocument: TOO_LARGE },
    'LimitExceeded',
    'Cannot exceed quota for ACLSizePerRole: 2048',
  ),
  refused('UpdateAssumeRolePolicy', { ...none, PolicyDocument: TRUST }, 'NoSuchEntity', NO_ROLE),
  ...allRefused(
    ['GetRole', 'UpdateRole', 'DeleteRole', 'DeleteRolePermissionsBoundary'],
    none,
    'NoSuchEntity',
    NO_ROLE,
  ),
  refused('UpdateRoleDescription', { ...none, Description: 'x' }, 'NoSuchEntity', NO_ROLE),
  step('PutRolePermissionsBoundary', { ...machine, PermissionsBoundary: BOUNDARY }),
  refused('PutRolePermissionsBoundary', { ...none, PermissionsBoundary: BOUNDARY }, 'NoSuchEntity', NO_ROLE),
  refused(
    'PutRolePermissionsBoundary',
    { ...machine, PermissionsBoundary: NO_POLICY },
    'NoSuchEntity',
    `Policy ${NO_POLICY} was not found.`,
  ),
  refused(
    'PutRolePermissionsBoundary',
    { ...machine, PermissionsBoundary: 'arn:aws:iam::aws:user/a' },
    'InvalidInput',
    'ARN arn:aws:iam::aws:user/a is not valid.',
  ),
  refused(
    'PutRolePermissionsBoundary',
    { ...machine, PermissionsBoundary: SERVICE_POLICY },
    'PolicyNotAttachable',
    'Cannot attach a Service Role Policy to a Customer Role.',
  ),
  step('DeleteRolePermissionsBoundary', machine),
  step('UntagRole', { ...machine, TagKeys: ['team'] }),
  ...tagging(ROLE),
  ...inlinePolicies(ROLE, 10_240),
  ...attachedPolicies(ROLE),

  step(
    'CreateServiceLinkedRole',
    { ...service, Description: 'linked' },
    {
      Role: { ...linked, Path: '/aws-service-role/redshift.amazonaws.com/' },
    },
  ),
  refused(
    'CreateServiceLinkedRole',
    service,
    'InvalidInput',
    'Service role name AWSServiceRoleForRedshift has been taken in this account, please try a different suffix.',
  ),
  ...allRefused(['DeleteRole', 'DeleteRolePermissionsBoundary'], linked, 'UnmodifiableEntity', PROTECTED),
  refused('UpdateRole', { ...linked, MaxSessionDuration: 3600 }, 'UnmodifiableEntity', PROTECTED),
  refused(
    'PutRolePermissionsBoundary',
    { ...linked, PermissionsBoundary: BOUNDARY },
    'UnmodifiableEntity',
    PROTECTED,
  ),
  refused('UpdateAssumeRolePolicy', { ...linked, PolicyDocument: TRUST }, 'UnmodifiableEntity', PROTECTED),
  ...allRefused(
    ['AttachRolePolicy', 'DetachRolePolicy'],
    { ...linked, PolicyArn: BOUNDARY },
    'UnmodifiableEntity',
    PROTECTED,
  ),
  refused(
    'PutRolePolicy',
    { ...linked, PolicyName: 'x', PolicyDocument: DOCUMENT },
    'UnmodifiableEntity',
    PROTECTED,
  ),
  refused('DeleteRolePolicy', { ...linked, PolicyName: 'x' }, 'UnmodifiableEntity', PROTECTED),

  step(
    'CreateInstanceProfile',
    { ...profile, Path: '/walk/', Tags: [{ Key: 'Team', Value: 'a' }] },
    {
      InstanceProfile: {
        ...profile,
        InstanceProfileId: '~AIPA[A-Z2-7]{17}',
        Arn: `arn:aws:iam::${ACCOUNT}:instance-profile/walk/profile`,
        Roles: [],
        Tags: [{ Key: 'Team', Value: 'a' }],
      },
    },
  ),
  refused(
    'CreateInstanceProfile',
    { InstanceProfileName: 'Profile' },
    'EntityAlreadyExists',
    'Instance Profile Profile already exists.',
  ),
  refused(
    'CreateInstanceProfile',
    { ...noProfile, Tags: [1, 2].map((number) => ({ Key: 'k', Value: String(number) })) },
    'InvalidInput',
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ),
  ...['two', 'three'].map((InstanceProfileName) => step('CreateInstanceProfile', { InstanceProfileName })),
  refused(
    'CreateInstanceProfile',
    noProfile,
    'LimitExceeded',
    'Cannot exceed quota for InstanceProfilesPerAccount: 3',
  ),
  ...['profile', 'two', 'three'].map((InstanceProfileName) =>
    step('AddRoleToInstanceProfile', { InstanceProfileName, ...machine }),
  ),
  refused(
    'AddRoleToInstanceProfile',
    { ...profile, RoleName: 'role2' },
    'LimitExceeded',
    'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
  ),
  ...allRefused(
    ['AddRoleToInstanceProfile', 'RemoveRoleFromInstanceProfile'],
    { ...profile, ...linked },
    'UnmodifiableEntity',
    PROTECTED,
  ),
  ...allRefused(
    ['AddRoleToInstanceProfile', 'RemoveRoleFromInstanceProfile'],
    { ...noProfile, ...machine },
    'NoSuchEntity',
    NO_PROFILE,
  ),
  ...allRefused(
    ['AddRoleToInstanceProfile', 'RemoveRoleFromInstanceProfile'],
    { ...profile, ...none },
    'NoSuchEntity',
    NO_ROLE,
  ),
  step('GetInstanceProfile', profile, {
    InstanceProfile: { ...profile, Roles: [{ ...machine, AssumeRolePolicyDocument: JSON.parse(TRUST) }] },
  }),
  ...allRefused(['GetInstanceProfile', 'DeleteInstanceProfile'], noProfile, 'NoSuchEntity', NO_PROFILE),
  ...paged('ListInstanceProfiles', {}, { InstanceProfiles: 'InstanceProfileName' }, 3),
  ...paged('ListInstanceProfilesForRole', machine, { InstanceProfiles: 'InstanceProfileName' }, 3),
  refused('ListInstanceProfilesForRole', none, 'NoSuchEntity', NO_ROLE),
  step('UntagInstanceProfile', { ...profile, TagKeys: ['team'] }),
  ...tagging(PROFILE),
  refused(
    'DeleteRole',
    machine,
    'DeleteConflict',
    'Cannot delete entity, must remove roles from instance profile first.',
  ),
  refused(
    'DeleteInstanceProfile',
    profile,
    'DeleteConflict',
    'Cannot delete entity, must remove roles from instance profile first.',
  ),
  ...['profile', 'two', 'three'].flatMap((InstanceProfileName) => [
    step('RemoveRoleFromInstanceProfile', { InstanceProfileName, ...machine }),
    step('DeleteInstanceProfile', { InstanceProfileName }),
  ]),

  step('DeleteServiceLinkedRole', linked, {}, { keep: { task: 'DeletionTaskId' } }),
  refused('DeleteServiceLinkedRole', none, 'NoSuchEntity', NO_ROLE),
  step('GetServiceLinkedRoleDeletionStatus', { DeletionTaskId: '$task' }, { Status: 'SUCCEEDED' }),
  refused(
    'GetServiceLinkedRoleDeletionStatus',
    {
      DeletionTaskId:
        'task/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift/00000000-0000-0000-0000-000000000000',
    },
    'NoSuchEntity',
    'Deletion task task/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift/00000000-0000-0000-0000-000000000000 cannot be found.',
  ),
  refused(
    'GetServiceLinkedRoleDeletionStatus',
    { DeletionTaskId: 'task/1' },
    'InvalidInput',
    'Deletion task id task/1 is not valid.',
  ),
  step('DeleteRole', machine),
  step('DeleteRole', { RoleName: 'role2' }),
  step('ListRoles', {}, { Roles: [] }),
];
