import { ACCOUNT, allRefused, type ClientStep, DOCUMENT, document, paged, refused, step } from './step.ts';

/** The account as a whole: alias, summary, reports, what organizations switch on, and simulations. */

const UNKNOWN_JOB = '00000000-0000-0000-0000-000000000000';
const NO_JOB = `The job with id ${UNKNOWN_JOB} cannot be found.`;
const REPORT_GOOD_SECONDS = 4 * 3600;

export const accountSteps: readonly ClientStep[] = [
  step('CreateAccountAlias', { AccountAlias: 'walk-corp' }),
  refused(
    'CreateAccountAlias',
    { AccountAlias: 'walk-corp' },
    'EntityAlreadyExists',
    'The account alias walk-corp already exists.',
  ),
  refused(
    'CreateAccountAlias',
    { AccountAlias: '-walk' },
    'ValidationError',
    'The specified value for accountAlias is invalid. It must be a minimum length of 3 characters and maximum length of 63 characters, contain only digits, lowercase letters, and hyphens (-), but cannot begin or end with a hyphen.',
  ),
  ...paged('ListAccountAliases', {}, { AccountAliases: '' }, 1, { size: 1 }),
  step('ListAccountAliases', {}, { AccountAliases: ['walk-corp'], IsTruncated: false }),
  step('DeleteAccountAlias', { AccountAlias: 'walk-corp' }),
  refused(
    'DeleteAccountAlias',
    { AccountAlias: 'walk-corp' },
    'NoSuchEntity',
    'The account alias walk-corp cannot be found.',
  ),
  step('GetAccountSummary', {}, { SummaryMap: { Users: 0, UsersQuota: 10 } }),
  step('SetSecurityTokenServicePreferences', { GlobalEndpointTokenVersion: 'v2Token' }),
  ...allRefused(
    [
      'ListOrganizationsFeatures',
      'EnableOrganizationsRootSessions',
      'DisableOrganizationsRootSessions',
      'EnableOrganizationsRootCredentialsManagement',
      'DisableOrganizationsRootCredentialsManagement',
    ],
    {},
    'OrganizationNotFoundException',
    'Your account is not a member of an organization.',
  ),
];

export const reportSteps: readonly ClientStep[] = [
  refused('GetCredentialReport', {}, 'ReportNotPresent', 'No credential report exists. Generate one first.', {
    once: true,
  }),
  step('GenerateCredentialReport', {}, { State: 'STARTED' }),
  step('GenerateCredentialReport', {}, { State: 'COMPLETE' }),
  step('GetCredentialReport', {}, { Content: '~user,arn,.+|dXNlcixhcm4s.+', ReportFormat: 'text/csv' }),
  { operation: 'MoveClock', clock: REPORT_GOOD_SECONDS },
  refused(
    'GetCredentialReport',
    {},
    'ReportExpired',
    'The credential report has expired. Generate another one.',
  ),

  step('CreateUser', { UserName: 'bob' }, {}, { keep: { bobArn: 'User.Arn' } }),
  step('PutUserPolicy', {
    UserName: 'bob',
    PolicyName: 'walk',
    PolicyDocument: document({ Effect: 'Allow', Action: ['iam:*', 'sts:*'], Resource: '*' }),
  }),
  step(
    'CreateAccessKey',
    { UserName: 'bob' },
    {},
    {
      keep: { 'bob.id': 'AccessKey.AccessKeyId', 'bob.secret': 'AccessKey.SecretAccessKey' },
    },
  ),
  step('ListUsers', {}, {}, { as: 'bob' }),
  step(
    'GetAccessKeyLastUsed',
    { AccessKeyId: '$bob.id' },
    {
      UserName: 'bob',
      AccessKeyLastUsed: { ServiceName: '~iam|N/A' },
    },
  ),
  step(
    'GenerateServiceLastAccessedDetails',
    { Arn: '$bobArn', Granularity: 'ACTION_LEVEL' },
    {},
    { keep: { job: 'JobId' } },
  ),
  refused(
    'GenerateServiceLastAccessedDetails',
    { Arn: `arn:aws:iam::${ACCOUNT}:user/none` },
    'NoSuchEntity',
    'The user with name none cannot be found.',
  ),
  refused(
    'GenerateServiceLastAccessedDetails',
    { Arn: `arn:aws:iam::${ACCOUNT}:mfa/none` },
    'InvalidInput',
    `ARN arn:aws:iam::${ACCOUNT}:mfa/none is not valid.`,
  ),
  step(
    'GetServiceLastAccessedDetails',
    { JobId: '$job' },
    {
      JobStatus: 'COMPLETED',
      JobType: 'ACTION_LEVEL',
      ServicesLastAccessed: [
        {
          ServiceNamespace: 'iam',
          TotalAuthenticatedEntities: 1,
          LastAuthenticatedEntity: '$bobArn',
          TrackedActionsLastAccessed: [{ ActionName: 'ListUsers', LastAccessedEntity: '$bobArn' }],
        },
        { ServiceNamespace: 'sts', TotalAuthenticatedEntities: 0 },
      ],
    },
  ),
  ...paged(
    'GetServiceLastAccessedDetails',
    { JobId: '$job' },
    { ServicesLastAccessed: 'ServiceNamespace' },
    2,
    { size: 1, byMarker: true },
  ),
  step(
    'GetServiceLastAccessedDetailsWithEntities',
    { JobId: '$job', ServiceNamespace: 'iam' },
    {
      JobStatus: 'COMPLETED',
      EntityDetailsList: [{ EntityInfo: { Arn: '$bobArn', Name: 'bob', Type: 'USER', Path: '/' } }],
    },
  ),
  ...paged(
    'GetServiceLastAccessedDetailsWithEntities',
    { JobId: '$job', ServiceNamespace: 'iam' },
    { EntityDetailsList: 'LastAuthenticated' },
    1,
    { size: 1, byMarker: true },
  ),
  refused(
    'GetServiceLastAccessedDetailsWithEntities',
    { JobId: '$job', ServiceNamespace: 's3' },
    'InvalidInput',
    'The service s3 is not among those of the report.',
  ),
  refused('GetServiceLastAccessedDetails', { JobId: UNKNOWN_JOB }, 'NoSuchEntity', NO_JOB),
  refused(
    'GetServiceLastAccessedDetailsWithEntities',
    { JobId: UNKNOWN_JOB, ServiceNamespace: 'iam' },
    'NoSuchEntity',
    NO_JOB,
  ),
  step(
    'ListPoliciesGrantingServiceAccess',
    { Arn: '$bobArn', ServiceNamespaces: ['iam', 'redshift'] },
    {
      PoliciesGrantingServiceAccess: [
        {
          ServiceNamespace: 'iam',
          Policies: [{ PolicyName: 'walk', PolicyType: 'INLINE', EntityType: 'USER', EntityName: 'bob' }],
        },
        { ServiceNamespace: 'redshift', Policies: [] },
      ],
      IsTruncated: false,
    },
  ),
  ...paged(
    'ListPoliciesGrantingServiceAccess',
    { Arn: '$bobArn', ServiceNamespaces: Array.from({ length: 150 }, (_, n) => `service${n}`) },
    { PoliciesGrantingServiceAccess: 'ServiceNamespace' },
    150,
    { byMarker: true, unsized: true },
  ),
  refused(
    'ListPoliciesGrantingServiceAccess',
    { Arn: `arn:aws:iam::${ACCOUNT}:group/none`, ServiceNamespaces: ['iam'] },
    'NoSuchEntity',
    'The group with name none cannot be found.',
  ),
  refused(
    'ListPoliciesGrantingServiceAccess',
    { Arn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess', ServiceNamespaces: ['iam'] },
    'InvalidInput',
    'ARN arn:aws:iam::aws:policy/IAMReadOnlyAccess is not valid.',
  ),
  step('DeleteUserPolicy', { UserName: 'bob', PolicyName: 'walk' }),
  step('DeleteAccessKey', { UserName: 'bob', AccessKeyId: '$bob.id' }),
  step('DeleteUser', { UserName: 'bob' }),
];

const bob = { PolicySourceArn: '$bobArn' };
const noSource = { PolicySourceArn: `arn:aws:iam::${ACCOUNT}:user/none` };
const NO_SOURCE = 'The user with name none cannot be found.';
const wrongSource = { PolicySourceArn: 'arn:aws:iam::x:y/z-and-more' };
const WRONG_SOURCE = `Invalid Entity Arn: ${wrongSource.PolicySourceArn} does not clearly define entity type and name.`;
const actions = { ActionNames: ['iam:GetUser', 'iam:ListUsers', 'iam:GetRole'] };
const custom = { PolicyInputList: [DOCUMENT] };
const WITH_KEYS = document({
  Effect: 'Allow',
  Action: '*',
  Resource: '*',
  Condition: { StringEquals: { 'aws:username': 'bob' } },
});

const pagesOf = (operation: string, input: Readonly<Record<string, unknown>>): ClientStep[] => [
  { operation, input, paged: { EvaluationResults: 'EvalActionName' }, least: 3, size: 1 },
  ...['not a marker', '$foreignMarker'].map((Marker) =>
    refused(operation, { ...input, Marker }, 'InvalidInput', 'Invalid marker for pagination.'),
  ),
];

export const simulationSteps: readonly ClientStep[] = [
  step('CreateUser', { UserName: 'bob' }, {}, { keep: { bobArn: 'User.Arn' } }),
  step('PutUserPolicy', { UserName: 'bob', PolicyName: 'walk', PolicyDocument: WITH_KEYS }),
  step(
    'SimulateCustomPolicy',
    { ...custom, ...actions },
    {
      EvaluationResults: [
        { EvalActionName: 'iam:GetUser', EvalResourceName: '*', EvalDecision: 'allowed' },
        { EvalActionName: 'iam:ListUsers', EvalDecision: 'implicitDeny' },
        { EvalActionName: 'iam:GetRole', EvalDecision: 'allowed' },
      ],
      IsTruncated: false,
    },
  ),
  ...pagesOf('SimulateCustomPolicy', { ...custom, ...actions }),
  refused(
    'SimulateCustomPolicy',
    { ...custom, ActionNames: ['GetUser'] },
    'InvalidInput',
    'The action is invalid since it is missing names',
  ),
  step(
    'SimulatePrincipalPolicy',
    { ...bob, ...actions },
    {
      EvaluationResults: [1, 2, 3].map(() => ({ EvalDecision: 'allowed' })),
    },
  ),
  ...pagesOf('SimulatePrincipalPolicy', { ...bob, ...actions }),
  refused('SimulatePrincipalPolicy', { ...noSource, ...actions }, 'NoSuchEntity', NO_SOURCE),
  refused('SimulatePrincipalPolicy', { ...wrongSource, ...actions }, 'InvalidInput', WRONG_SOURCE),
  step(
    'GetContextKeysForCustomPolicy',
    { PolicyInputList: [WITH_KEYS] },
    {
      ContextKeyNames: ['aws:username'],
    },
  ),
  refused('GetContextKeysForCustomPolicy', { PolicyInputList: ['{'] }, 'InvalidInput', '~.+'),
  step('GetContextKeysForPrincipalPolicy', bob, { ContextKeyNames: ['aws:username'] }),
  refused('GetContextKeysForPrincipalPolicy', noSource, 'NoSuchEntity', NO_SOURCE),
  refused('GetContextKeysForPrincipalPolicy', wrongSource, 'InvalidInput', WRONG_SOURCE),
  step('DeleteUserPolicy', { UserName: 'bob', PolicyName: 'walk' }),
  step('DeleteUser', { UserName: 'bob' }),
];
