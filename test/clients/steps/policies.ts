import { tagging } from './entities.ts';
import {
  ACCOUNT,
  allRefused,
  type ClientStep,
  DOCUMENT,
  DOCUMENT_READ,
  document,
  paged,
  refused,
  step,
  TRUST,
  tooLarge,
} from './step.ts';

/** Managed policies and their versions. The account may have 4 policies. */

const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:policy/${name}`;
const walk = { PolicyArn: arn('walk/walk') };
const none = { PolicyArn: arn('none') };
const wrong = { PolicyArn: 'arn:aws:iam::aws:user/a' };
const aws = { PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' };
const NO_POLICY = `Policy ${none.PolicyArn} was not found.`;
const OTHER = document({ Effect: 'Deny', Action: '*', Resource: '*' });
const holders = [
  ['User', { UserName: 'holder' }],
  ['Group', { GroupName: 'holder' }],
  ['Role', { RoleName: 'holder' }],
] as const;
const ON_VERSIONS = ['GetPolicyVersion', 'DeletePolicyVersion', 'SetDefaultPolicyVersion'];
const ON_POLICIES = ['GetPolicy', 'DeletePolicy', 'ListPolicyVersions', 'ListEntitiesForPolicy'];

export const policySteps: readonly ClientStep[] = [
  step(
    'CreatePolicy',
    {
      PolicyName: 'walk',
      Path: '/walk/',
      PolicyDocument: DOCUMENT,
      Description: 'for the walk',
      Tags: [{ Key: 'Team', Value: 'a' }],
    },
    {
      Policy: {
        PolicyName: 'walk',
        PolicyId: '~ANPA[A-Z2-7]{17}',
        Arn: walk.PolicyArn,
        DefaultVersionId: 'v1',
        AttachmentCount: 0,
        IsAttachable: true,
        Tags: [{ Key: 'Team', Value: 'a' }],
      },
    },
  ),
  refused(
    'CreatePolicy',
    { PolicyName: 'Walk', PolicyDocument: DOCUMENT },
    'EntityAlreadyExists',
    'A policy called Walk already exists. Duplicate names are not allowed.',
  ),
  refused('CreatePolicy', { PolicyName: 'x', PolicyDocument: '[]' }, 'MalformedPolicyDocument', '~.*'),
  refused(
    'CreatePolicy',
    { PolicyName: 'x', PolicyDocument: tooLarge(6144) },
    'LimitExceeded',
    'Cannot exceed quota for PolicySize: 6144',
  ),
  refused(
    'CreatePolicy',
    {
      PolicyName: 'x',
      PolicyDocument: DOCUMENT,
      Tags: [1, 2].map((number) => ({ Key: 'k', Value: String(number) })),
    },
    'InvalidInput',
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ),
  ...['two', 'three', 'four'].map((PolicyName) =>
    step('CreatePolicy', { PolicyName, PolicyDocument: DOCUMENT }),
  ),
  refused(
    'CreatePolicy',
    { PolicyName: 'five', PolicyDocument: DOCUMENT },
    'LimitExceeded',
    'Cannot exceed quota for PoliciesPerAccount: 4',
  ),
  { operation: 'ListPolicies', input: {}, paged: { Policies: 'Arn' }, least: 30, size: 13 },
  ...paged('ListPolicies', { Scope: 'Local' }, { Policies: 'Arn' }, 4, { size: 3 }),
  step('ListPolicies', { Scope: 'Local', PathPrefix: '/walk/' }, { Policies: [{ PolicyName: 'walk' }] }),
  step('GetPolicy', walk, { Policy: { Arn: walk.PolicyArn, Description: 'for the walk' } }),
  step('GetPolicy', aws, { Policy: { Arn: aws.PolicyArn, PolicyName: 'IAMReadOnlyAccess' } }),
  ...allRefused(ON_POLICIES, none, 'NoSuchEntity', NO_POLICY),
  ...allRefused(ON_POLICIES, wrong, 'InvalidInput', `ARN ${wrong.PolicyArn} is not valid.`),

  step(
    'CreatePolicyVersion',
    { ...walk, PolicyDocument: OTHER, SetAsDefault: true },
    { PolicyVersion: { VersionId: 'v2', IsDefaultVersion: true } },
  ),
  ...[3, 4, 5].map(() => step('CreatePolicyVersion', { ...walk, PolicyDocument: DOCUMENT })),
  refused(
    'CreatePolicyVersion',
    { ...walk, PolicyDocument: DOCUMENT },
    'LimitExceeded',
    'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
  ),
  refused(
    'CreatePolicyVersion',
    { ...walk, PolicyDocument: TRUST },
    'MalformedPolicyDocument',
    'Policy document should not specify a principal.',
  ),
  refused('CreatePolicyVersion', { ...none, PolicyDocument: DOCUMENT }, 'NoSuchEntity', NO_POLICY),
  refused(
    'CreatePolicyVersion',
    { ...wrong, PolicyDocument: DOCUMENT },
    'InvalidInput',
    `ARN ${wrong.PolicyArn} is not valid.`,
  ),
  ...paged('ListPolicyVersions', walk, { Versions: 'VersionId' }, 5),
  step(
    'GetPolicyVersion',
    { ...walk, VersionId: 'v1' },
    {
      PolicyVersion: { Document: DOCUMENT_READ, VersionId: 'v1', IsDefaultVersion: false },
    },
  ),
  step(
    'GetPolicyVersion',
    { ...walk, VersionId: 'v2' },
    {
      PolicyVersion: { Document: JSON.parse(OTHER), IsDefaultVersion: true },
    },
  ),
  ...allRefused(
    ON_VERSIONS,
    { ...walk, VersionId: 'v9' },
    'NoSuchEntity',
    `Policy ${walk.PolicyArn} version v9 does not exist or is not attachable.`,
  ),
  ...allRefused(ON_VERSIONS, { ...none, VersionId: 'v1' }, 'NoSuchEntity', NO_POLICY),
  ...allRefused(
    ON_VERSIONS,
    { ...wrong, VersionId: 'v1' },
    'InvalidInput',
    `ARN ${wrong.PolicyArn} is not valid.`,
  ),
  refused(
    'DeletePolicyVersion',
    { ...walk, VersionId: 'v2' },
    'DeleteConflict',
    'Cannot delete the default version of a policy.',
  ),
  step('SetDefaultPolicyVersion', { ...walk, VersionId: 'v1' }),
  step('GetPolicy', walk, { Policy: { DefaultVersionId: 'v1' } }),
  refused(
    'DeletePolicy',
    walk,
    'DeleteConflict',
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
  ),
  ...['v2', 'v3', 'v4', 'v5'].map((VersionId) => step('DeletePolicyVersion', { ...walk, VersionId })),

  ...holders.flatMap(([title, name]) => [
    step(`Create${title}`, { ...name, ...(title === 'Role' ? { AssumeRolePolicyDocument: TRUST } : {}) }),
    step(`Attach${title}Policy`, { ...name, ...walk }),
  ]),
  ...paged(
    'ListEntitiesForPolicy',
    walk,
    { PolicyGroups: 'GroupName', PolicyRoles: 'RoleName', PolicyUsers: 'UserName' },
    3,
    { size: 1 },
  ),
  step('GetPolicy', walk, { Policy: { AttachmentCount: 3 } }),
  refused('DeletePolicy', walk, 'DeleteConflict', 'Cannot delete a policy attached to entities.'),
  ...paged(
    'GetAccountAuthorizationDetails',
    { Filter: ['User', 'Group', 'Role', 'LocalManagedPolicy'] },
    { UserDetailList: 'Arn', GroupDetailList: 'Arn', RoleDetailList: 'Arn', Policies: 'Arn' },
    7,
    { size: 2 },
  ),
  step(
    'GetAccountAuthorizationDetails',
    { Filter: ['User', 'LocalManagedPolicy'] },
    {
      UserDetailList: [{ UserName: 'holder', AttachedManagedPolicies: [walk], GroupList: [] }],
      GroupDetailList: [],
      RoleDetailList: [],
    },
  ),
  ...holders.flatMap(([title, name]) => [
    step(`Detach${title}Policy`, { ...name, ...walk }),
    step(`Delete${title}`, name),
  ]),
  step('UntagPolicy', { ...walk, TagKeys: ['team'] }),
  ...tagging({ title: 'Policy', name: walk, missing: none, missingText: NO_POLICY }, wrong),
  ...['walk/walk', 'two', 'three', 'four'].map((name) => step('DeletePolicy', { PolicyArn: arn(name) })),
  step('ListPolicies', { Scope: 'Local' }, { Policies: [] }),
];
