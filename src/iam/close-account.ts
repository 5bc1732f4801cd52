import type { Clock } from '../core/clock.ts';
import type { Database } from '../store/database.ts';
import { getAccount } from './accounts.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { deleteConflict } from './iam-errors.ts';

/**
 * The end of an account: everything of it goes but its log, and its number is not given again. Keys and sessions end
 * with it, because whoever is behind them is gone.
 */

/**
 * The tables with rows of an account, children before parents. What has no reference to its account is on the list too:
 * a test compares it with the schema. The log (`audit_…`) stays.
 */
export const ACCOUNT_TABLES = [
  'data_statements',
  'data_sessions',
  'log_deliveries',
  'redshift_resources',
  'login_settings',
  'revocations',
  'account_quotas',
  'iam_access_jobs',
  'iam_credential_reports',
  'iam_account_settings',
  'iam_account_aliases',
  'iam_guardrails',
  'iam_password_policies',
  'iam_password_history',
  'iam_login_profiles',
  'iam_role_deletions',
  'iam_server_certificates',
  'iam_instance_profiles',
  'iam_user_credentials',
  'iam_mfa_devices',
  'iam_access_keys',
  'iam_saml_provider_keys',
  'iam_saml_providers',
  'iam_oidc_providers',
  'iam_group_members',
  'iam_policy_attachments',
  'iam_inline_policies',
  'iam_tags',
  'iam_policy_versions',
  'iam_policies',
  'iam_roles',
  'iam_groups',
  'iam_users',
  // Triggers count down while users and others go.
  'iam_counts',
  'accounts',
] as const;

/** Throws NoSuchEntity, and DeleteConflict while the account has clusters: their data go by DeleteCluster alone. */
export async function closeAccount(iam: Iam, accountId: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    await getAccount(database, accountId);
    const [row] = await database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM keyshift.clusters WHERE account_id = $1',
      [accountId],
    );
    const clusters = row?.count ?? 0;
    if (clusters > 0) {
      throw deleteConflict(`The account ${accountId} has ${clusters} cluster(s): delete them first.`);
    }
    await removeRows(database, accountId, iam.clock);
  });
}

async function removeRows(database: Database, accountId: string, clock: Clock): Promise<void> {
  for (const table of ACCOUNT_TABLES) {
    await database.query(`DELETE FROM keyshift.${table} WHERE account_id = $1`, [accountId]);
  }
  await database.query('INSERT INTO keyshift.closed_accounts (account_id, closed_at) VALUES ($1, $2)', [
    accountId,
    clock.now(),
  ]);
}
