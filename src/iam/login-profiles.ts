import { AwsError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Database } from '../store/database.ts';
import { findAccountAlias } from './account-aliases.ts';
import { findEntity, requireEntity } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, noSuchEntity } from './iam-errors.ts';
import { rememberPassword, requireFreshPassword } from './password-history.ts';
import { findPasswordPolicy, passwordExpiry } from './password-policy.ts';
import { requireGoodPassword } from './password-rules.ts';

/** The console password of a user. Deleting it closes the console to the user, and nothing else. */
export interface LoginProfile {
  readonly userName: string;
  readonly createdAt: Date;
  /** Whether the user must choose another password at the next sign-in. */
  readonly resetRequired: boolean;
}

interface ProfileRow {
  user_id: string;
  password_hash: string;
  reset_required: boolean;
  created_at: Date;
  password_changed_at: Date;
}

/** CreateLoginProfile. Throws NoSuchEntity, EntityAlreadyExists, PasswordPolicyViolation. */
export async function createLoginProfile(
  iam: Iam,
  accountId: string,
  request: {
    readonly userName: string;
    readonly password: Secret;
    readonly resetRequired?: boolean | undefined;
  },
): Promise<LoginProfile> {
  const { userName, password, resetRequired = false } = request;
  await requireEntity(iam.store, accountId, { kind: 'user', name: userName });
  await requireAllowedPassword(iam, accountId, password);
  const hash = await iam.passwords.hash(password);
  return changeIdentities(iam, accountId, async (database) => {
    const user = await requireEntity(database, accountId, { kind: 'user', name: userName });
    const createdAt = iam.clock.now();
    const inserted = await database.query(
      `INSERT INTO keyshift.iam_login_profiles
         (account_id, user_id, password_hash, reset_required, created_at, password_changed_at)
       VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING user_id`,
      [accountId, user.id, hash, resetRequired, createdAt],
    );
    if (inserted.length === 0) throw alreadyExists(`Login Profile for User ${user.name} already exists.`);
    return { userName: user.name, createdAt, resetRequired };
  });
}

/** GetLoginProfile. Throws NoSuchEntity for the user or the profile. */
export async function getLoginProfile(iam: Iam, accountId: string, userName: string): Promise<LoginProfile> {
  const user = await requireEntity(iam.store, accountId, { kind: 'user', name: userName });
  const row = await findProfile(iam.store, accountId, user.id);
  if (row === undefined) throw noSuchProfile(userName);
  return { userName: user.name, createdAt: row.created_at, resetRequired: row.reset_required };
}

/** UpdateLoginProfile: a new password, the duty to change it, or both. Throws NoSuchEntity, PasswordPolicyViolation. */
export async function updateLoginProfile(
  iam: Iam,
  accountId: string,
  request: {
    readonly userName: string;
    readonly password?: Secret | undefined;
    readonly resetRequired?: boolean | undefined;
  },
): Promise<void> {
  const { userName, password, resetRequired } = request;
  const { id } = await requireEntity(iam.store, accountId, { kind: 'user', name: userName });
  const found = await findProfile(iam.store, accountId, id);
  if (found === undefined) throw noSuchProfile(userName);
  if (password !== undefined) await requireAllowedPassword(iam, accountId, password, found);
  const hash = password === undefined ? null : await iam.passwords.hash(password);
  await changeIdentities(iam, accountId, async (database) => {
    const user = await requireEntity(database, accountId, { kind: 'user', name: userName });
    const now = iam.clock.now();
    if (hash !== null) await rememberPassword(database, accountId, user.id, now);
    const updated = await database.query(
      `UPDATE keyshift.iam_login_profiles
       SET password_hash = coalesce($3, password_hash), reset_required = coalesce($4, reset_required),
         password_changed_at = CASE WHEN $3 IS NULL THEN password_changed_at ELSE $5::timestamptz END
       WHERE account_id = $1 AND user_id = $2 RETURNING user_id`,
      [accountId, user.id, hash, resetRequired ?? null, now],
    );
    if (updated.length === 0) throw noSuchProfile(userName);
  });
}

/** DeleteLoginProfile. Throws NoSuchEntity. */
export async function deleteLoginProfile(iam: Iam, accountId: string, userName: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const user = await requireEntity(database, accountId, { kind: 'user', name: userName });
    const deleted = await database.query(
      'DELETE FROM keyshift.iam_login_profiles WHERE account_id = $1 AND user_id = $2 RETURNING user_id',
      [accountId, user.id],
    );
    if (deleted.length === 0) throw noSuchProfile(userName);
  });
}

/** ChangePassword, by the user. Throws AccessDenied for a wrong old password, PasswordPolicyViolation, NoSuchEntity. */
export async function changePassword(
  iam: Iam,
  accountId: string,
  request: { readonly userName: string; readonly oldPassword: Secret; readonly newPassword: Secret },
): Promise<void> {
  const user = await requireEntity(iam.store, accountId, { kind: 'user', name: request.userName });
  const row = await findProfile(iam.store, accountId, user.id);
  if (row === undefined) throw noSuchProfile(request.userName);
  if (!(await iam.passwords.verify(request.oldPassword, row.password_hash))) throw wrongOldPassword();
  await requireAllowedPassword(iam, accountId, request.newPassword, row);
  const hash = await iam.passwords.hash(request.newPassword);
  await changeIdentities(iam, accountId, async (database) => {
    const now = iam.clock.now();
    await rememberPassword(database, accountId, user.id, now);
    // The old hash once more: of two changes at a time, the second must not undo the first.
    const changed = await database.query(
      `UPDATE keyshift.iam_login_profiles
       SET password_hash = $3, reset_required = false, password_changed_at = $5
       WHERE account_id = $1 AND user_id = $2 AND password_hash = $4 RETURNING user_id`,
      [accountId, user.id, hash, row.password_hash, now],
    );
    if (changed.length === 0) throw wrongOldPassword();
  });
}

/** What became of a try to sign in to the console. Why it was refused is nobody's business. */
export type SignIn =
  | {
      readonly outcome: 'signed-in';
      readonly userId: string;
      readonly userName: string;
      /** Whether the user must choose another password first: because it was told to, or this one is too old. */
      readonly resetRequired: boolean;
    }
  /** The password is right and too old, and only an administrator may set another. */
  | { readonly outcome: 'expired'; readonly userName: string }
  | { readonly outcome: 'refused' };

/** Checks a console password, in the same time whether the user exists or not, and notes its use. */
export async function checkPassword(
  iam: Iam,
  accountId: string,
  userName: string,
  password: Secret,
): Promise<SignIn> {
  const user = await findEntity(iam.store, accountId, { kind: 'user', name: userName });
  const row = user && (await findProfile(iam.store, accountId, user.id));
  const isRight = await iam.passwords.verify(password, row?.password_hash);
  if (!isRight || user === undefined || row === undefined) return { outcome: 'refused' };
  const policy = await findPasswordPolicy(iam.store, accountId);
  const expiresAt = passwordExpiry(policy, row.password_changed_at);
  const isExpired = expiresAt !== undefined && iam.clock.now() >= expiresAt;
  if (isExpired && policy?.hardExpiry === true) return { outcome: 'expired', userName: user.name };
  await iam.store.query(
    'UPDATE keyshift.iam_users SET password_last_used_at = $3 WHERE account_id = $1 AND id = $2',
    [accountId, user.id, iam.clock.now()],
  );
  const resetRequired = row.reset_required || isExpired;
  return { outcome: 'signed-in', userId: user.id, userName: user.name, resetRequired };
}

async function findProfile(database: Database, accountId: string, userId: string) {
  const [row] = await database.query<ProfileRow>(
    `SELECT user_id, password_hash, reset_required, created_at, password_changed_at
     FROM keyshift.iam_login_profiles WHERE account_id = $1 AND user_id = $2`,
    [accountId, userId],
  );
  return row;
}

/** `before` is the profile whose password is to be replaced. Throws PasswordPolicyViolation. */
async function requireAllowedPassword(
  iam: Iam,
  accountId: string,
  password: Secret,
  before?: ProfileRow,
): Promise<void> {
  const alias = await findAccountAlias(iam, accountId);
  const policy = await findPasswordPolicy(iam.store, accountId);
  requireGoodPassword(password, policy, alias === undefined ? [accountId] : [accountId, alias]);
  if (before === undefined || policy?.reusePrevention === undefined) return;
  await requireFreshPassword(iam, accountId, password, {
    userId: before.user_id,
    hash: before.password_hash,
    reusePrevention: policy.reusePrevention,
  });
}

const noSuchProfile = (userName: string) =>
  noSuchEntity(`Login Profile for User ${userName} cannot be found.`);

const wrongOldPassword = () => new AwsError('AccessDenied', 403, 'The old password was incorrect.');
