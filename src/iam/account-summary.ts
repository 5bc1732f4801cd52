import type { Iam } from './iam.ts';
import { QUOTAS } from './quotas.ts';

/**
 * GetAccountSummary: how many of each thing an account has, and its quotas. What Keyshift does not have counts 0.
 * Source: IAM API Reference, GetAccountSummary, SummaryMap.
 */
export async function getAccountSummary(iam: Iam, accountId: string): Promise<ReadonlyMap<string, number>> {
  const [row] = await iam.store.query<Record<string, number>>(
    `SELECT
       (SELECT count(*)::int FROM keyshift.iam_users WHERE account_id = $1) AS "Users",
       (SELECT count(*)::int FROM keyshift.iam_groups WHERE account_id = $1) AS "Groups",
       (SELECT count(*)::int FROM keyshift.iam_roles WHERE account_id = $1) AS "Roles",
       (SELECT count(*)::int FROM keyshift.iam_mfa_devices WHERE account_id = $1) AS "MFADevices",
       (SELECT count(*)::int FROM keyshift.iam_mfa_devices WHERE account_id = $1 AND user_id IS NOT NULL)
         AS "MFADevicesInUse",
       (SELECT count(*)::int FROM keyshift.iam_policies WHERE account_id = $1) AS "Policies",
       (SELECT count(*)::int FROM keyshift.iam_policy_versions WHERE account_id = $1) AS "PolicyVersionsInUse",
       (SELECT count(*)::int FROM keyshift.iam_instance_profiles WHERE account_id = $1) AS "InstanceProfiles",
       (SELECT count(*)::int FROM keyshift.iam_server_certificates WHERE account_id = $1) AS "ServerCertificates",
       (SELECT count(*)::int FROM keyshift.iam_saml_providers WHERE account_id = $1)
         + (SELECT count(*)::int FROM keyshift.iam_oidc_providers WHERE account_id = $1) AS "Providers",
       coalesce((SELECT token_version FROM keyshift.iam_account_settings WHERE account_id = $1), 1)
         AS "GlobalEndpointTokenVersion",
       (SELECT count(*)::int FROM (SELECT FROM keyshift.iam_access_keys
          WHERE account_id = $1 AND user_id IS NULL LIMIT 1) AS one) AS "AccountAccessKeysPresent"`,
    [accountId],
  );
  return new Map([...Object.entries(row ?? {}), ...Object.entries(FIXED)]);
}

const FIXED = {
  AccountMFAEnabled: 0,
  AccountPasswordPresent: 0,
  AccountSigningCertificatesPresent: 0,
  UsersQuota: QUOTAS.usersPerAccount,
  GroupsQuota: QUOTAS.groupsPerAccount,
  RolesQuota: QUOTAS.rolesPerAccount,
  PoliciesQuota: QUOTAS.policiesPerAccount,
  GroupsPerUserQuota: QUOTAS.groupsPerUser,
  InstanceProfilesQuota: QUOTAS.instanceProfilesPerAccount,
  ServerCertificatesQuota: QUOTAS.serverCertificatesPerAccount,
  SigningCertificatesPerUserQuota: QUOTAS.signingCertificatesPerUser,
  AccessKeysPerUserQuota: QUOTAS.accessKeysPerUser,
  AttachedPoliciesPerUserQuota: QUOTAS.policiesPerUser,
  AttachedPoliciesPerGroupQuota: QUOTAS.policiesPerGroup,
  AttachedPoliciesPerRoleQuota: QUOTAS.policiesPerRole,
  VersionsPerPolicyQuota: QUOTAS.versionsPerPolicy,
  PolicySizeQuota: QUOTAS.managedPolicyCharacters,
  UserPolicySizeQuota: QUOTAS.userInlineCharacters,
  GroupPolicySizeQuota: QUOTAS.groupInlineCharacters,
  RolePolicySizeQuota: QUOTAS.roleInlineCharacters,
  AssumeRolePolicySizeQuota: QUOTAS.trustPolicyCharacters,
} as const;
