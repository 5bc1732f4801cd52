/**
 * The quotas of IAM. Counts are per account or per what the name says; sizes are characters without white space.
 * Source: IAM User Guide, "IAM and AWS STS quotas".
 */
export const QUOTAS = {
  usersPerAccount: 5000,
  groupsPerAccount: 300,
  rolesPerAccount: 1000,
  policiesPerAccount: 1500,
  samlProvidersPerAccount: 100,
  oidcProvidersPerAccount: 100,
  clientIdsPerOidcProvider: 100,
  thumbprintsPerOidcProvider: 5,
  privateKeysPerSamlProvider: 2,
  signingCertificatesPerUser: 2,
  sshPublicKeysPerUser: 5,
  /** Of one user, for one service. */
  credentialsPerService: 2,
  serverCertificatesPerAccount: 20,
  instanceProfilesPerAccount: 1000,
  rolesPerInstanceProfile: 1,
  groupsPerUser: 10,
  accessKeysPerUser: 2,
  policiesPerUser: 10,
  policiesPerGroup: 10,
  policiesPerRole: 10,
  versionsPerPolicy: 5,
  mfaDevicesPerUser: 8,
  tagsPerEntity: 50,
  userInlineCharacters: 2048,
  groupInlineCharacters: 5120,
  roleInlineCharacters: 10_240,
  trustPolicyCharacters: 2048,
  managedPolicyCharacters: 6144,
  /** Source: AWS Organizations User Guide, "Quotas", size of a service control policy. */
  guardrailCharacters: 5120,
} as const;
