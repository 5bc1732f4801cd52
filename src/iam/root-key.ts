import { OperatorError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { Database } from '../store/database.ts';
import { createAccessKey, secretContext } from './access-keys.ts';
import { changeIdentities, type Iam } from './iam.ts';

/** The access key with which an account's root user calls: from the settings, or made at the first start. */
export interface RootKey {
  readonly accessKeyId: string;
  readonly secret: Secret;
}

/** Makes the account if it is new. */
export async function ensureAccount(iam: Iam, accountId: string): Promise<void> {
  await iam.store.query(
    'INSERT INTO keyshift.accounts (account_id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [accountId, iam.clock.now()],
  );
}

/** The given key, put into force; or the oldest active root key; or a new one. */
export async function ensureRootKey(
  iam: Iam,
  accountId: string,
  given: RootKey | undefined,
): Promise<RootKey> {
  if (given !== undefined) return putRootKey(iam, accountId, given);
  const [row] = await iam.store.query<{ access_key_id: string; sealed_secret: Buffer }>(
    `SELECT access_key_id, sealed_secret FROM keyshift.iam_access_keys
     WHERE account_id = $1 AND user_id IS NULL AND status = 'Active' ORDER BY created_at, access_key_id LIMIT 1`,
    [accountId],
  );
  if (row === undefined) return createAccessKey(iam, accountId, 'root');
  const secret = iam.sealer.open(row.sealed_secret, secretContext(accountId, row.access_key_id));
  return { accessKeyId: row.access_key_id, secret: new Secret(secret.toString()) };
}

async function putRootKey(iam: Iam, accountId: string, key: RootKey): Promise<RootKey> {
  const sealed = iam.sealer.seal(Buffer.from(key.secret.reveal()), secretContext(accountId, key.accessKeyId));
  const stored = await changeIdentities(iam, accountId, (database: Database) =>
    database.query(
      `INSERT INTO keyshift.iam_access_keys (account_id, access_key_id, user_id, sealed_secret, status, created_at)
       VALUES ($1, $2, NULL, $3, 'Active', $4)
       ON CONFLICT (access_key_id)
       DO UPDATE SET sealed_secret = excluded.sealed_secret, status = 'Active'
       WHERE iam_access_keys.user_id IS NULL AND iam_access_keys.account_id = excluded.account_id
       RETURNING access_key_id`,
      [accountId, key.accessKeyId, sealed, iam.clock.now()],
    ),
  );
  if (stored.length === 0) {
    throw new OperatorError(
      `the access key ${key.accessKeyId} belongs to a user or to another account, not to this root user: give another KEYSHIFT_ROOT_ACCESS_KEY_ID`,
    );
  }
  return key;
}
