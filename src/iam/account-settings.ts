import { changeIdentities, type Iam } from './iam.ts';

/**
 * SetSecurityTokenServicePreferences: the form of session tokens that the account wants of the global endpoint.
 * Tokens of Keyshift are valid everywhere, so this is only kept, and shown by GetAccountSummary.
 */
export async function setTokenVersion(iam: Iam, accountId: string, version: 1 | 2): Promise<void> {
  await changeIdentities(iam, accountId, (database) =>
    database.query(
      `INSERT INTO keyshift.iam_account_settings (account_id, token_version) VALUES ($1, $2)
       ON CONFLICT (account_id) DO UPDATE SET token_version = excluded.token_version`,
      [accountId, version],
    ),
  );
}
