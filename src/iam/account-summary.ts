import { listQuotas } from './account-quotas.ts';
import type { Iam } from './iam.ts';
import { QUOTAS } from './quotas.ts';

/**
 * GetAccountSummary: how many of each thing an account has, and its quotas. What Keyshift does not have counts 0.
 * Source: IAM API Reference, GetAccountSummary, SummaryMap.
 */
export async function getAccountSummary(iam: Iam, accountId: string): Promise<ReadonlyMap<string, number>> {
  const [row] = await iam.store.query<Record<string, number>>(
    `SELECT
       (SELECT coalesce(sum(count), 0)::int FROM keyshift.iam_counts
          WHERE account_id = $1 AND thing = 'iam_users') AS "Users",
       (SELECT coalesce(sum(count), 0)::int FROM keyshift.iam_counts
          WHERE account_id = $1 AND thing = 'iam_groups') AS "Groups",
       (SELECT coalesce(sum(count), 0)::int FROM keyshift.iam_counts
          WHERE account_id = $1 AND thing = 'iam_roles') AS "Roles",
       (SELECT coalesce(sum(count), 0)::int FROM keyshift.iam_counts
          WHERE account_id = $1 AND thing = 'iam_mfa_devices') AS "MFADevices",
       (SELECT count(*)::int FROM keyshift.iam_mfa_devices WHERE account_id = $1 AND user_id IS NOT NULL)
         AS "MFADevicesInUse",
       (SELECT coalesce(sum(count), 0)::int FROM keyshift.iam_counts
          WHERE account_id = $1 AND thing = 'iam_policies') AS "Policies",
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
  const inForce = new Map((await listQuotas(iam, accountId)).map(({ name, max }) => [name, max]));
  const quotas = ACCOUNT_QUOTAS.map(([name, quota]) => [name, inForce.get(quota) ?? 0] as const);
  return new Map([...Object.entries(row ?? {}), ...quotas, ...Object.entries(FIXED)]);
}

const ACCOUNT_QUOTAS = [
  ['UsersQuota', 'users'],
  ['GroupsQuota', 'groups'],
  ['RolesQuota', 'roles'],
  ['PoliciesQuota', 'policies'],
  ['InstanceProfilesQuota', 'instance-profiles'],
  ['ServerCertificatesQuota', 'server-certificates'],
  ['GroupsPerUserQuota', 'groups-per-user'],
  ['AttachedPoliciesPerUserQuota', 'policies-per-user'],
  ['AttachedPoliciesPerGroupQuota', 'policies-per-group'],
  ['AttachedPoliciesPerRoleQuota', 'policies-per-role'],
  ['AssumeRolePolicySizeQuota', 'trust-policy-characters'],
] as const;

const FIXED = {
  AccountMFAEnabled: 0,
  AccountPasswordPresent: 0,
  AccountSigningCertificatesPresent: 0,
  SigningCertificatesPerUserQuota: QUOTAS.signingCertificatesPerUser,
  AccessKeysPerUserQuota: QUOTAS.accessKeysPerUser,
  VersionsPerPolicyQuota: QUOTAS.versionsPerPolicy,
  PolicySizeQuota: QUOTAS.managedPolicyCharacters,
  UserPolicySizeQuota: QUOTAS.userInlineCharacters,
  GroupPolicySizeQuota: QUOTAS.groupInlineCharacters,
  RolePolicySizeQuota: QUOTAS.roleInlineCharacters,
} as const;
