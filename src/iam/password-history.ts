import type { Secret } from '../core/secret.ts';
import type { Database } from '../store/database.ts';
import type { Iam } from './iam.ts';
import { passwordViolation } from './password-rules.ts';

/** The passwords that a user had, so that an account can forbid to take one of them again. */

/** IAM API Reference, UpdateAccountPasswordPolicy, PasswordReusePrevention: at most 24, the one in force included. */
const REMEMBERED_MAX = 23;

/** What a new password is compared with. */
interface PasswordInForce {
  readonly userId: string;
  readonly hash: string;
  readonly reusePrevention: number;
}

/**
 * Throws PasswordPolicyViolation for one of the last `reusePrevention` passwords. Every comparison costs a hash,
 * one after the other, because each has a salt of its own.
 */
export async function requireFreshPassword(
  iam: Iam,
  accountId: string,
  password: Secret,
  { userId, hash, reusePrevention }: PasswordInForce,
): Promise<void> {
  const earlier = await iam.store.query<{ password_hash: string }>(
    `SELECT password_hash FROM keyshift.iam_password_history WHERE account_id = $1 AND user_id = $2
     ORDER BY set_at DESC LIMIT $3`,
    [accountId, userId, reusePrevention - 1],
  );
  for (const used of [hash, ...earlier.map((row) => row.password_hash)]) {
    if (!(await iam.passwords.verify(password, used))) continue;
    throw passwordViolation(
      'Policy constraint violation with password reuse prevention during password change.',
    );
  }
}

/** Keeps the password in force among the earlier ones, inside the change that replaces it. */
export async function rememberPassword(
  database: Database,
  accountId: string,
  userId: string,
  now: Date,
): Promise<void> {
  await database.query(
    `INSERT INTO keyshift.iam_password_history (account_id, user_id, set_at, password_hash)
     SELECT account_id, user_id, $3, password_hash FROM keyshift.iam_login_profiles
     WHERE account_id = $1 AND user_id = $2`,
    [accountId, userId, now],
  );
  await database.query(
    `DELETE FROM keyshift.iam_password_history WHERE account_id = $1 AND user_id = $2 AND password_hash NOT IN (
       SELECT password_hash FROM keyshift.iam_password_history WHERE account_id = $1 AND user_id = $2
       ORDER BY set_at DESC LIMIT $3)`,
    [accountId, userId, REMEMBERED_MAX],
  );
}
