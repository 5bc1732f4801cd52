import type { Database } from '../store/database.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { noSuchEntity } from './iam-errors.ts';

/**
 * The rules that an account has set for its users' console passwords.
 * Source: IAM API Reference, UpdateAccountPasswordPolicy; IAM User Guide, "Setting an account password policy".
 */
export interface PasswordPolicy {
  readonly charactersMin: number;
  readonly requireSymbols: boolean;
  readonly requireNumbers: boolean;
  readonly requireUppercase: boolean;
  readonly requireLowercase: boolean;
  /** Whether every user may change its own password without a policy that says so. */
  readonly usersMayChange: boolean;
  /** Days for which a password is good; undefined: for ever. */
  readonly ageDaysMax: number | undefined;
  /** How many of its last passwords, the one in force included, a user may not choose again. */
  readonly reusePrevention: number | undefined;
  /** Whether an expired password shuts the user out of the console until an administrator sets another. */
  readonly hardExpiry: boolean;
}

interface PolicyRow {
  characters_min: number;
  require_symbols: boolean;
  require_numbers: boolean;
  require_uppercase: boolean;
  require_lowercase: boolean;
  users_may_change: boolean;
  age_days_max: number | null;
  reuse_prevention: number | null;
  hard_expiry: boolean;
}

const DAY_MS = 86_400_000;

/** UpdateAccountPasswordPolicy: replaces the whole policy. */
export async function putPasswordPolicy(iam: Iam, accountId: string, policy: PasswordPolicy): Promise<void> {
  await changeIdentities(iam, accountId, (database) =>
    database.query(
      `INSERT INTO keyshift.iam_password_policies
         (account_id, characters_min, require_symbols, require_numbers, require_uppercase, require_lowercase,
          users_may_change, age_days_max, reuse_prevention, hard_expiry)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (account_id) DO UPDATE SET
         characters_min = excluded.characters_min, require_symbols = excluded.require_symbols,
         require_numbers = excluded.require_numbers, require_uppercase = excluded.require_uppercase,
         require_lowercase = excluded.require_lowercase, users_may_change = excluded.users_may_change,
         age_days_max = excluded.age_days_max, reuse_prevention = excluded.reuse_prevention,
         hard_expiry = excluded.hard_expiry`,
      [
        accountId,
        policy.charactersMin,
        policy.requireSymbols,
        policy.requireNumbers,
        policy.requireUppercase,
        policy.requireLowercase,
        policy.usersMayChange,
        policy.ageDaysMax ?? null,
        policy.reusePrevention ?? null,
        policy.hardExpiry,
      ],
    ),
  );
}

/** GetAccountPasswordPolicy. Throws NoSuchEntity while the account has set none. */
export async function getPasswordPolicy(iam: Iam, accountId: string): Promise<PasswordPolicy> {
  const policy = await findPasswordPolicy(iam.store, accountId);
  if (policy === undefined) {
    throw noSuchEntity(`The Password Policy with domain name ${accountId} cannot be found.`);
  }
  return policy;
}

/** DeleteAccountPasswordPolicy: the default rules hold again. Throws NoSuchEntity. */
export async function deletePasswordPolicy(iam: Iam, accountId: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const deleted = await database.query(
      'DELETE FROM keyshift.iam_password_policies WHERE account_id = $1 RETURNING account_id',
      [accountId],
    );
    if (deleted.length === 0) {
      throw noSuchEntity('The account policy with name PasswordPolicy cannot be found.');
    }
  });
}

export async function findPasswordPolicy(
  database: Database,
  accountId: string,
): Promise<PasswordPolicy | undefined> {
  const [row] = await database.query<PolicyRow>(
    'SELECT * FROM keyshift.iam_password_policies WHERE account_id = $1',
    [accountId],
  );
  return (
    row && {
      charactersMin: row.characters_min,
      requireSymbols: row.require_symbols,
      requireNumbers: row.require_numbers,
      requireUppercase: row.require_uppercase,
      requireLowercase: row.require_lowercase,
      usersMayChange: row.users_may_change,
      ageDaysMax: row.age_days_max ?? undefined,
      reusePrevention: row.reuse_prevention ?? undefined,
      hardExpiry: row.hard_expiry,
    }
  );
}

/** When a password of this age is no longer good; undefined when it never ends. */
export function passwordExpiry(policy: PasswordPolicy | undefined, changedAt: Date): Date | undefined {
  if (policy?.ageDaysMax === undefined) return undefined;
  return new Date(changedAt.getTime() + policy.ageDaysMax * DAY_MS);
}
