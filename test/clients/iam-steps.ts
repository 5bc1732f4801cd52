/**
 * Operations of IAM in an order in which they work, as data that every client can run: for each what it is given,
 * which error it must get, and what of the answer later steps use. A text that starts with `$` is what was kept.
 */
export interface ClientStep {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The code of the error; undefined when it must succeed. */
  readonly error?: string;
  /** What to keep: name, and the path to it in the answer. */
  readonly keep?: readonly [name: string, path: readonly (string | number)[]];
}

const step = (operation: string, input: ClientStep['input'] = {}, keep?: ClientStep['keep']): ClientStep => ({
  operation,
  input,
  ...(keep === undefined ? {} : { keep }),
});

const failing = (error: string, operation: string, input: ClientStep['input'] = {}): ClientStep => ({
  operation,
  input,
  error,
});

const DOCUMENT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iam:Get*', Resource: '*' }],
});
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const Tags = [{ Key: 'Team', Value: 'ä b:c' }];
const TagKeys = ['team'];
const bob = { UserName: 'bob' };
const group = { GroupName: 'team' };
const role = { RoleName: 'machine' };
const inline = { PolicyName: 'inline' };
const profile = { InstanceProfileName: 'profile' };
const certificate = { ServerCertificateName: 'web' };
const saml = { SAMLProviderArn: '$saml' };
const oidc = { OpenIDConnectProviderArn: '$oidc' };
const policy = { PolicyArn: '$policy' };
const READ_ONLY = { PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' };

const tagging = (thing: string, name: ClientStep['input']): ClientStep[] => [
  step(`Tag${thing}`, { ...name, Tags }),
  step(`List${thing}Tags`, name),
  step(`Untag${thing}`, { ...name, TagKeys }),
];

export const CLIENT_STEPS: readonly ClientStep[] = [
  step('CreateAccountAlias', { AccountAlias: 'walk-corp' }),
  failing('EntityAlreadyExists', 'CreateAccountAlias', { AccountAlias: 'walk-corp' }),
  failing('ValidationError', 'CreateAccountAlias', { AccountAlias: '-walk' }),
  step('ListAccountAliases'),
  step('GetAccountSummary'),
  step('SetSecurityTokenServicePreferences', { GlobalEndpointTokenVersion: 'v2Token' }),
  failing('NoSuchEntity', 'GetAccountPasswordPolicy'),
  step('UpdateAccountPasswordPolicy', {
    MinimumPasswordLength: 10,
    RequireSymbols: true,
    MaxPasswordAge: 90,
  }),
  step('GetAccountPasswordPolicy'),
  failing('OrganizationNotFoundException', 'ListOrganizationsFeatures'),

  step('CreateUser', { ...bob, Path: '/walk/', Tags }),
  failing('EntityAlreadyExists', 'CreateUser', { UserName: 'BOB' }),
  step('GetUser', bob),
  failing('NoSuchEntity', 'GetUser', { UserName: 'nobody' }),
  step('ListUsers', { PathPrefix: '/walk/' }),
  step('UpdateUser', { ...bob, NewPath: '/walk/on/' }),
  ...tagging('User', bob),
  step('CreateGroup', { ...group, Path: '/walk/' }),
  step('GetGroup', group),
  step('ListGroups', {}),
  step('UpdateGroup', { ...group, NewPath: '/walk/on/' }),
  step('AddUserToGroup', { ...bob, ...group }),
  step('ListGroupsForUser', bob),
  step('CreateRole', { ...role, AssumeRolePolicyDocument: TRUST, Tags }),

  step('CreatePolicy', { PolicyName: 'walk', PolicyDocument: DOCUMENT, Tags }, ['policy', ['Policy', 'Arn']]),
  failing('MalformedPolicyDocument', 'CreatePolicy', { PolicyName: 'x', PolicyDocument: '{}' }),
  step('GetPolicy', policy),
  step('ListPolicies', { Scope: 'Local' }),
  ...tagging('Policy', policy),
  step('CreatePolicyVersion', { ...policy, PolicyDocument: DOCUMENT, SetAsDefault: true }),
  step('GetPolicyVersion', { ...policy, VersionId: 'v2' }),
  step('ListPolicyVersions', policy),
  failing('DeleteConflict', 'DeletePolicyVersion', { ...policy, VersionId: 'v2' }),
  step('SetDefaultPolicyVersion', { ...policy, VersionId: 'v1' }),
  step('DeletePolicyVersion', { ...policy, VersionId: 'v2' }),
  step('AttachUserPolicy', { ...bob, ...policy }),
  step('AttachGroupPolicy', { ...group, ...policy }),
  step('AttachRolePolicy', { ...role, ...policy }),
  step('ListAttachedUserPolicies', bob),
  step('ListAttachedGroupPolicies', group),
  step('ListAttachedRolePolicies', role),
  step('ListEntitiesForPolicy', policy),
  step('PutUserPermissionsBoundary', { ...bob, PermissionsBoundary: READ_ONLY.PolicyArn }),
  failing('DeleteConflict', 'DeletePolicy', policy),
  step('PutUserPolicy', { ...bob, ...inline, PolicyDocument: DOCUMENT }),
  step('GetUserPolicy', { ...bob, ...inline }),
  step('ListUserPolicies', bob),
  step('PutGroupPolicy', { ...group, ...inline, PolicyDocument: DOCUMENT }),
  step('GetGroupPolicy', { ...group, ...inline }),
  step('ListGroupPolicies', group),
  step('ListPoliciesGrantingServiceAccess', { Arn: '$userArn', ServiceNamespaces: ['iam', 'redshift'] }),

  failing('PasswordPolicyViolation', 'CreateLoginProfile', { ...bob, Password: 'short' }),
  step('CreateLoginProfile', { ...bob, Password: 'correct-horse-1' }),
  step('GetLoginProfile', bob),
  step('UpdateLoginProfile', { ...bob, PasswordResetRequired: true }),
  failing('InvalidUserType', 'ChangePassword', { OldPassword: 'a', NewPassword: 'b' }),
  step('CreateAccessKey', bob, ['key', ['AccessKey', 'AccessKeyId']]),
  step('GetAccessKeyLastUsed', { AccessKeyId: '$key' }),
  step('ListAccessKeys', bob),
  step('UpdateAccessKey', { ...bob, AccessKeyId: '$key', Status: 'Inactive' }),
  step('UploadSigningCertificate', { ...bob, CertificateBody: '$certificate' }, [
    'signing',
    ['Certificate', 'CertificateId'],
  ]),
  failing('DuplicateCertificate', 'UploadSigningCertificate', { ...bob, CertificateBody: '$certificate' }),
  step('ListSigningCertificates', bob),
  step('UpdateSigningCertificate', { ...bob, CertificateId: '$signing', Status: 'Inactive' }),
  step('UploadSSHPublicKey', { ...bob, SSHPublicKeyBody: '$sshKey' }, [
    'ssh',
    ['SSHPublicKey', 'SSHPublicKeyId'],
  ]),
  failing('InvalidPublicKey', 'UploadSSHPublicKey', { ...bob, SSHPublicKeyBody: 'ssh-rsa AAAA' }),
  step('GetSSHPublicKey', { ...bob, SSHPublicKeyId: '$ssh', Encoding: 'SSH' }),
  step('ListSSHPublicKeys', bob),
  step('UpdateSSHPublicKey', { ...bob, SSHPublicKeyId: '$ssh', Status: 'Inactive' }),
  step('CreateServiceSpecificCredential', { ...bob, ServiceName: 'codecommit.amazonaws.com' }, [
    'credential',
    ['ServiceSpecificCredential', 'ServiceSpecificCredentialId'],
  ]),
  failing('NotSupportedService', 'CreateServiceSpecificCredential', {
    ...bob,
    ServiceName: 's3.amazonaws.com',
  }),
  step('ListServiceSpecificCredentials', bob),
  step('ResetServiceSpecificCredential', { ...bob, ServiceSpecificCredentialId: '$credential' }),
  step('UpdateServiceSpecificCredential', {
    ...bob,
    ServiceSpecificCredentialId: '$credential',
    Status: 'Inactive',
  }),

  step('CreateSAMLProvider', { Name: 'walk', SAMLMetadataDocument: '$metadata', Tags }, [
    'saml',
    ['SAMLProviderArn'],
  ]),
  failing('InvalidInput', 'CreateSAMLProvider', { Name: 'x', SAMLMetadataDocument: 'x'.repeat(1000) }),
  step('GetSAMLProvider', saml),
  step('UpdateSAMLProvider', { ...saml, SAMLMetadataDocument: '$metadata' }),
  step('ListSAMLProviders'),
  ...tagging('SAMLProvider', saml),
  step('CreateOpenIDConnectProvider', { Url: 'https://walk.example.com', ClientIDList: ['one'] }, [
    'oidc',
    ['OpenIDConnectProviderArn'],
  ]),
  failing('EntityAlreadyExists', 'CreateOpenIDConnectProvider', { Url: 'https://walk.example.com' }),
  step('GetOpenIDConnectProvider', oidc),
  step('ListOpenIDConnectProviders'),
  step('AddClientIDToOpenIDConnectProvider', { ...oidc, ClientID: 'two' }),
  step('RemoveClientIDFromOpenIDConnectProvider', { ...oidc, ClientID: 'one' }),
  step('UpdateOpenIDConnectProviderThumbprint', { ...oidc, ThumbprintList: ['0'.repeat(40)] }),
  ...tagging('OpenIDConnectProvider', oidc),
  step('CreateInstanceProfile', { ...profile, Tags }),
  step('AddRoleToInstanceProfile', { ...profile, ...role }),
  failing('LimitExceeded', 'AddRoleToInstanceProfile', { ...profile, ...role }),
  step('GetInstanceProfile', profile),
  step('ListInstanceProfiles'),
  step('ListInstanceProfilesForRole', role),
  ...tagging('InstanceProfile', profile),
  step('UploadServerCertificate', {
    ...certificate,
    CertificateBody: '$certificate',
    PrivateKey: '$privateKey',
    Tags,
  }),
  failing('MalformedCertificate', 'UploadServerCertificate', {
    ServerCertificateName: 'x',
    CertificateBody: 'x',
    PrivateKey: '$privateKey',
  }),
  step('GetServerCertificate', certificate),
  step('ListServerCertificates'),
  step('UpdateServerCertificate', { ...certificate, NewPath: '/walk/' }),
  ...tagging('ServerCertificate', certificate),

  failing('ReportNotPresent', 'GetCredentialReport'),
  step('GenerateCredentialReport'),
  step('GetCredentialReport'),
  step('GetAccountAuthorizationDetails', { Filter: ['User', 'Role', 'LocalManagedPolicy'] }),
  step('GenerateServiceLastAccessedDetails', { Arn: '$userArn', Granularity: 'ACTION_LEVEL' }, [
    'job',
    ['JobId'],
  ]),
  step('GetServiceLastAccessedDetails', { JobId: '$job' }),
  step('GetServiceLastAccessedDetailsWithEntities', { JobId: '$job', ServiceNamespace: 'iam' }),

  failing('DeleteConflict', 'DeleteUser', bob),
  failing('DeleteConflict', 'DeleteGroup', group),
  failing('DeleteConflict', 'DeleteRole', role),
  failing('DeleteConflict', 'DeleteInstanceProfile', profile),
  step('DeleteServerCertificate', certificate),
  step('RemoveRoleFromInstanceProfile', { ...profile, ...role }),
  step('DeleteInstanceProfile', profile),
  step('DeleteOpenIDConnectProvider', oidc),
  step('DeleteSAMLProvider', saml),
  step('DeleteServiceSpecificCredential', { ...bob, ServiceSpecificCredentialId: '$credential' }),
  step('DeleteSSHPublicKey', { ...bob, SSHPublicKeyId: '$ssh' }),
  step('DeleteSigningCertificate', { ...bob, CertificateId: '$signing' }),
  step('DeleteAccessKey', { ...bob, AccessKeyId: '$key' }),
  step('DeleteLoginProfile', bob),
  step('DeleteUserPermissionsBoundary', bob),
  step('DeleteUserPolicy', { ...bob, ...inline }),
  step('DeleteGroupPolicy', { ...group, ...inline }),
  step('DetachUserPolicy', { ...bob, ...policy }),
  step('DetachGroupPolicy', { ...group, ...policy }),
  step('DetachRolePolicy', { ...role, ...policy }),
  step('RemoveUserFromGroup', { ...bob, ...group }),
  step('DeletePolicy', policy),
  step('DeleteRole', role),
  step('DeleteGroup', group),
  step('DeleteUser', bob),
  step('DeleteAccountPasswordPolicy'),
  failing('NoSuchEntity', 'DeleteAccountPasswordPolicy'),
  step('DeleteAccountAlias', { AccountAlias: 'walk-corp' }),
];
