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

/**
 * How many of each thing an account may have: AWS's numbers, unless the operator of the installation has set others.
 * Source: IAM User Guide, "IAM and AWS STS quotas".
 */
export const COUNTED = {
  iam_users: { option: 'users', quota: 'UsersPerAccount', max: QUOTAS.usersPerAccount },
  iam_groups: { option: 'groups', quota: 'GroupsPerAccount', max: QUOTAS.groupsPerAccount },
  iam_roles: { option: 'roles', quota: 'RolesPerAccount', max: QUOTAS.rolesPerAccount },
  iam_policies: { option: 'policies', quota: 'PoliciesPerAccount', max: QUOTAS.policiesPerAccount },
  iam_saml_providers: {
    option: 'saml-providers',
    quota: 'SAMLProvidersPerAccount',
    max: QUOTAS.samlProvidersPerAccount,
  },
  iam_oidc_providers: {
    option: 'oidc-providers',
    quota: 'OpenIDConnectProvidersPerAccount',
    max: QUOTAS.oidcProvidersPerAccount,
  },
  iam_instance_profiles: {
    option: 'instance-profiles',
    quota: 'InstanceProfilesPerAccount',
    max: QUOTAS.instanceProfilesPerAccount,
  },
  iam_server_certificates: {
    option: 'server-certificates',
    quota: 'ServerCertificatesPerAccount',
    max: QUOTAS.serverCertificatesPerAccount,
  },
} as const;

export type CountedTable = keyof typeof COUNTED;

/** Quotas that the operator has set, by table. */
export type AccountQuotas = ReadonlyMap<CountedTable, number>;
