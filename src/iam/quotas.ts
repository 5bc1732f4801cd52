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
 * How many of each thing an account may have, by the name under which it is set. The numbers are AWS's.
 * Source: IAM User Guide, "IAM and AWS STS quotas".
 */
export const COUNTED = {
  users: { table: 'iam_users', quota: 'UsersPerAccount', max: QUOTAS.usersPerAccount },
  groups: { table: 'iam_groups', quota: 'GroupsPerAccount', max: QUOTAS.groupsPerAccount },
  roles: { table: 'iam_roles', quota: 'RolesPerAccount', max: QUOTAS.rolesPerAccount },
  policies: { table: 'iam_policies', quota: 'PoliciesPerAccount', max: QUOTAS.policiesPerAccount },
  'saml-providers': {
    table: 'iam_saml_providers',
    quota: 'SAMLProvidersPerAccount',
    max: QUOTAS.samlProvidersPerAccount,
  },
  'oidc-providers': {
    table: 'iam_oidc_providers',
    quota: 'OpenIDConnectProvidersPerAccount',
    max: QUOTAS.oidcProvidersPerAccount,
  },
  'instance-profiles': {
    table: 'iam_instance_profiles',
    quota: 'InstanceProfilesPerAccount',
    max: QUOTAS.instanceProfilesPerAccount,
  },
  'server-certificates': {
    table: 'iam_server_certificates',
    quota: 'ServerCertificatesPerAccount',
    max: QUOTAS.serverCertificatesPerAccount,
  },
} as const;

/** Quotas of one user, group or role, and of what is no identity, that can be set too. */
const OTHERS = {
  'groups-per-user': { quota: 'GroupsPerUser', max: QUOTAS.groupsPerUser },
  'policies-per-user': { quota: 'PoliciesPerUser', max: QUOTAS.policiesPerUser },
  'policies-per-group': { quota: 'PoliciesPerGroup', max: QUOTAS.policiesPerGroup },
  'policies-per-role': { quota: 'PoliciesPerRole', max: QUOTAS.policiesPerRole },
  'trust-policy-characters': { quota: 'ACLSizePerRole', max: QUOTAS.trustPolicyCharacters },
  /** Source: Redshift Management Guide, "Quotas and limits", nodes in an account; a cluster here is one node. */
  clusters: { quota: 'ClustersPerAccount', max: 200 },
} as const;

/** What an operator can set, for all accounts or for one. */
export const SETTABLE = { ...COUNTED, ...OTHERS } as const;

export type CountedQuota = keyof typeof COUNTED;
export type QuotaName = keyof typeof SETTABLE;

/** Quotas that the operator has set. */
export type AccountQuotas = ReadonlyMap<QuotaName, number>;
