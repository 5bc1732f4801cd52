/** Documented errors that no step provokes, each with the reason why it is not given. */
export interface NotGiven {
  readonly error: string;
  /** Absent: all operations. */
  readonly operations?: readonly string[];
  readonly reason: string;
}

const ORGANIZATIONS = [
  'ListOrganizationsFeatures',
  'EnableOrganizationsRootSessions',
  'DisableOrganizationsRootSessions',
  'EnableOrganizationsRootCredentialsManagement',
  'DisableOrganizationsRootCredentialsManagement',
];

export const NOT_GIVEN: readonly NotGiven[] = [
  { error: 'ServiceFailure', reason: 'our own failures are InternalFailure, and bugs' },
  {
    error: 'ConcurrentModification',
    reason: 'only when others change the same rows at every try; test/walk/iam-races.test.ts has them',
  },
  {
    error: 'EntityTemporarilyUnmodifiable',
    reason: 'what is deleted is gone at once, and its name is free',
  },
  {
    error: 'LimitExceeded',
    operations: [
      'CreateAccountAlias',
      'CreateLoginProfile',
      'ChangePassword',
      'DeactivateMFADevice',
      'DeleteAccessKey',
      'DeleteAccountAlias',
      'DeleteAccountPasswordPolicy',
      'DeleteGroup',
      'DeleteGroupPolicy',
      'DeleteInstanceProfile',
      'DeleteLoginProfile',
      'DeletePolicy',
      'DeletePolicyVersion',
      'DeleteRole',
      'DeleteRolePolicy',
      'DeleteSAMLProvider',
      'DeleteServerCertificate',
      'DeleteServiceLinkedRole',
      'DeleteSigningCertificate',
      'DeleteUser',
      'DeleteUserPolicy',
      'DeleteVirtualMFADevice',
      'DetachGroupPolicy',
      'DetachRolePolicy',
      'DetachUserPolicy',
      'RemoveRoleFromInstanceProfile',
      'RemoveUserFromGroup',
      'ResyncMFADevice',
      'SetDefaultPolicyVersion',
      'UpdateAccessKey',
      'UpdateAccountPasswordPolicy',
      'UpdateGroup',
      'UpdateLoginProfile',
      'UpdateServerCertificate',
      'UpdateSigningCertificate',
      'UpdateUser',
    ],
    reason: 'adds nothing that is counted, or takes the place of what was there',
  },
  {
    error: 'LimitExceeded',
    operations: ['GenerateCredentialReport'],
    reason: 'only past a million users',
  },
  ...[
    'AccountNotManagementOrDelegatedAdministratorException',
    'CallerIsNotManagementAccountException',
    'OrganizationNotInAllFeaturesModeException',
    'ServiceAccessNotEnabledException',
  ].map((error) => ({ error, reason: 'an account is in no organization, and is told that first' })),
  { error: 'RegionDisabledException', reason: 'there are no regions to switch off' },
  {
    error: 'PolicyEvaluation',
    reason: 'no document is stored that cannot be evaluated; one that the call brings is InvalidInput',
  },
  {
    error: 'EntityAlreadyExists',
    operations: ['AddRoleToInstanceProfile'],
    reason: 'a profile has one role, so a second, also the same, is LimitExceeded',
  },
  {
    error: 'EntityAlreadyExists',
    operations: ['UploadSigningCertificate'],
    reason: 'a certificate that is there is DuplicateCertificate',
  },
  {
    error: 'NoSuchEntity',
    operations: ['CreateGroup', 'UpdateAccountPasswordPolicy'],
    reason: 'names nothing that must be there',
  },
  {
    error: 'NoSuchEntity',
    operations: ['CreateServiceLinkedRole'],
    reason: 'a service that has no such role is InvalidInput',
  },
  {
    error: 'NoSuchEntity',
    operations: ['DeleteOpenIDConnectProvider'],
    reason: 'to delete what is not there is no error, says its reference',
  },
  {
    error: 'OpenIdIdpCommunicationError',
    reason: 'nobody is asked for a thumbprint: a provider without one is believed by the system',
  },
  {
    error: 'DeleteConflict',
    operations: ['DeleteServerCertificate'],
    reason: 'no service here uses server certificates',
  },
  { error: 'ReportInProgress', reason: 'a report is there when the call that makes it is answered' },
  {
    error: 'UnrecognizedPublicKeyEncoding',
    operations: ['GetSSHPublicKey'],
    reason: 'another encoding is a ValidationError',
  },
  {
    error: 'InvalidInput',
    operations: [
      'GetServiceLastAccessedDetails',
      'ListAttachedGroupPolicies',
      'ListAttachedRolePolicies',
      'ListAttachedUserPolicies',
    ],
    reason: 'what is wrong with a name, id, path or page is a ValidationError',
  },
  {
    error: 'InvalidInput',
    operations: ['ListMFADeviceTags', 'UntagMFADevice'],
    reason: 'a serial number has no form, so one that is unknown is NoSuchEntity',
  },
  {
    error: 'InvalidInput',
    operations: ['UntagInstanceProfile', 'UntagMFADevice', 'UntagServerCertificate'],
    reason: 'keys that are not there, also reserved ones, are passed over',
  },
  {
    error: 'MalformedPolicyDocument',
    operations: ['UpdateAccountPasswordPolicy'],
    reason: 'the policy is no document; its numbers are checked by the model',
  },
  {
    error: 'UnmodifiableEntity',
    operations: ['UpdateRoleDescription'],
    reason: 'the description is what may be changed of the role of a service',
  },
  {
    error: 'ExpiredTokenException',
    operations: ['AssumeRole'],
    reason: 'a caller whose session has ended is told ExpiredToken, as by every operation',
  },
];

/** Operations that have no success to walk. */
export const NEVER_SUCCEED: ReadonlyMap<string, string> = new Map(
  ORGANIZATIONS.map((operation) => [operation, 'an account is in no organization']),
);
