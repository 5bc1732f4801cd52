import { accessKeyId, secretAccessKeyText } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';
import type { Database } from '../store/database.ts';
import { requireEntity, storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { invalidInput, noSuchEntity, quotaExceeded } from './iam-errors.ts';
import { type Page, type PageRequest, readPage } from './pages.ts';
import { QUOTAS } from './quotas.ts';

/** Long-term access keys, of users and of the root user. */
export interface AccessKey {
  readonly accessKeyId: string;
  /** Undefined for a key of the root user. */
  readonly userName: string | undefined;
  readonly status: AccessKeyStatus;
  readonly createdAt: Date;
}

export interface NewAccessKey extends AccessKey {
  /** Given out this once: nothing shows it again. */
  readonly secret: Secret;
}

export type AccessKeyStatus = 'Active' | 'Inactive';

/** Whose keys: a user by name, or the root user. */
export type KeyOwner = { readonly userName: string } | 'root';

export interface LastUse {
  readonly at: Date;
  readonly service: string;
  readonly region: string;
}

interface KeyRow {
  access_key_id: string;
  status: AccessKeyStatus;
  created_at: Date;
}

/** What a sealed secret access key is bound to, so that it opens in no other row. */
export const secretContext = (accountId: string, keyId: string): string =>
  `keyshift/access-key/${accountId}/${keyId}`;

/** CreateAccessKey. Throws NoSuchEntity, and LimitExceeded at the third key. */
export async function createAccessKey(iam: Iam, accountId: string, owner: KeyOwner): Promise<NewAccessKey> {
  return changeIdentities(iam, accountId, async (database) => {
    const user = await findOwner(database, accountId, owner);
    return insertAccessKey(iam, database, accountId, user);
  });
}

/** The same as a part of a change; without a user it is a key of the root user. */
export async function insertAccessKey(
  iam: Iam,
  database: Database,
  accountId: string,
  user?: { readonly id: string; readonly name: string },
): Promise<NewAccessKey> {
  const keyId = accessKeyId(iam.random);
  const secret = new Secret(secretAccessKeyText(iam.random));
  const createdAt = iam.clock.now();
  await database.query(
    `INSERT INTO keyshift.iam_access_keys (account_id, access_key_id, user_id, sealed_secret, status, created_at)
     VALUES ($1, $2, $3, $4, 'Active', $5)`,
    [
      accountId,
      keyId,
      user?.id ?? null,
      iam.sealer.seal(Buffer.from(secret.reveal()), secretContext(accountId, keyId)),
      createdAt,
    ],
  );
  const keys = await database.query(
    'SELECT 1 FROM keyshift.iam_access_keys WHERE account_id = $1 AND user_id IS NOT DISTINCT FROM $2',
    [accountId, user?.id ?? null],
  );
  if (keys.length > QUOTAS.accessKeysPerUser) {
    throw quotaExceeded('AccessKeysPerUser', QUOTAS.accessKeysPerUser);
  }
  return { accessKeyId: keyId, userName: user?.name, status: 'Active', createdAt, secret };
}

/** UpdateAccessKey. Throws NoSuchEntity when the owner has no such key, InvalidInput for another status. */
export async function updateAccessKey(
  iam: Iam,
  accountId: string,
  owner: KeyOwner,
  keyId: string,
  status: string,
): Promise<void> {
  if (status !== 'Active' && status !== 'Inactive') {
    throw invalidInput(`The status ${status} cannot be set on an access key.`);
  }
  await changeIdentities(iam, accountId, async (database) => {
    const user = await findOwner(database, accountId, owner);
    const changed = await database.query(
      `UPDATE keyshift.iam_access_keys SET status = $4
       WHERE account_id = $1 AND access_key_id = $2 AND user_id IS NOT DISTINCT FROM $3 RETURNING access_key_id`,
      [accountId, storable(keyId), user?.id ?? null, status],
    );
    if (changed.length === 0) throw noSuchAccessKey(keyId);
  });
}

/** DeleteAccessKey. Throws NoSuchEntity when the owner has no such key. */
export async function deleteAccessKey(
  iam: Iam,
  accountId: string,
  owner: KeyOwner,
  keyId: string,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const user = await findOwner(database, accountId, owner);
    const deleted = await database.query(
      `DELETE FROM keyshift.iam_access_keys
       WHERE account_id = $1 AND access_key_id = $2 AND user_id IS NOT DISTINCT FROM $3 RETURNING access_key_id`,
      [accountId, storable(keyId), user?.id ?? null],
    );
    if (deleted.length === 0) throw noSuchAccessKey(keyId);
  });
}

/** ListAccessKeys, in the order of their ids. Throws NoSuchEntity. */
export async function listAccessKeys(
  iam: Iam,
  accountId: string,
  owner: KeyOwner,
  request: PageRequest,
): Promise<Page<AccessKey>> {
  const user = await findOwner(iam.store, accountId, owner);
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<KeyRow>(
        `SELECT access_key_id, status, created_at FROM keyshift.iam_access_keys
         WHERE account_id = $1 AND user_id IS NOT DISTINCT FROM $2 AND access_key_id > $3 COLLATE "C"
         ORDER BY access_key_id COLLATE "C" LIMIT $4`,
        [accountId, user?.id ?? null, after, limit],
      ),
    (row) => row.access_key_id,
  );
  return {
    ...page,
    items: page.items.map((row) => ({
      accessKeyId: row.access_key_id,
      userName: user?.name,
      status: row.status,
      createdAt: row.created_at,
    })),
  };
}

/** GetAccessKeyLastUsed. `lastUse` is undefined for a key that was never used. Throws NoSuchEntity. */
export async function getAccessKeyLastUsed(
  iam: Iam,
  accountId: string,
  keyId: string,
): Promise<{ readonly userName: string | undefined; readonly lastUse: LastUse | undefined }> {
  const [row] = await iam.store.query<{
    name: string | null;
    last_used_at: Date | null;
    last_used_service: string | null;
    last_used_region: string | null;
  }>(
    `SELECT u.name, k.last_used_at, k.last_used_service, k.last_used_region
     FROM keyshift.iam_access_keys k LEFT JOIN keyshift.iam_users u
       ON u.account_id = k.account_id AND u.id = k.user_id
     WHERE k.account_id = $1 AND k.access_key_id = $2`,
    [accountId, storable(keyId)],
  );
  if (row === undefined) throw noSuchAccessKey(keyId);
  const { last_used_at: at, last_used_service: service, last_used_region: region } = row;
  return {
    userName: row.name ?? undefined,
    lastUse: at === null ? undefined : { at, service: service ?? 'N/A', region: region ?? 'N/A' },
  };
}

async function findOwner(database: Database, accountId: string, owner: KeyOwner) {
  if (owner === 'root') return undefined;
  return requireEntity(database, accountId, { kind: 'user', name: owner.userName });
}

const noSuchAccessKey = (keyId: string) => noSuchEntity(`The Access Key with id ${keyId} cannot be found.`);
