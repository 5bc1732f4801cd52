import type { Database } from '../store/database.ts';
import {
  ENTITY_KINDS,
  type Entity,
  type EntityKind,
  type EntityName,
  requireEntity,
  requireModifiable,
} from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, deleteConflict } from './iam-errors.ts';
import { requireName, requirePath } from './member-checks.ts';
import { removeAllTags } from './tags.ts';

/** Changes that are the same for users, groups and roles: renaming, moving, deleting, counting. */

export interface Rename {
  readonly newName?: string | undefined;
  readonly newPath?: string | undefined;
}

/** Gives a user or group a new name, a new path, or both. Throws NoSuchEntity, EntityAlreadyExists, ValidationError. */
export async function renameEntity(
  iam: Iam,
  accountId: string,
  wanted: EntityName,
  { newName, newPath }: Rename,
): Promise<void> {
  if (newName !== undefined) requireName(`${wanted.kind}Name`, newName);
  if (newPath !== undefined) requirePath(newPath);
  const { table, title } = ENTITY_KINDS[wanted.kind];
  await changeIdentities(iam, accountId, async (database) => {
    const entity = await requireEntity(database, accountId, wanted);
    const name = newName ?? entity.name;
    const [taken] = await database.query(
      `SELECT 1 FROM ${table} WHERE account_id = $1 AND folded = lower($2 COLLATE "C") AND id <> $3`,
      [accountId, name, entity.id],
    );
    if (taken !== undefined) throw alreadyExists(`${title} with name ${name} already exists.`);
    await database.query(`UPDATE ${table} SET name = $3, path = $4 WHERE account_id = $1 AND id = $2`, [
      accountId,
      entity.id,
      name,
      newPath ?? entity.path,
    ]);
  });
}

/** What must be gone before an entity can be deleted, in the order in which IAM names it: a table, its rows' owner, what to do. */
const CONFLICTS: Readonly<Record<EntityKind, readonly (readonly [string, string, string])[]>> = {
  user: [
    ['iam_login_profiles', 'user_id', 'must delete login profile first'],
    ['iam_access_keys', 'user_id', 'must delete access keys first'],
    [
      'iam_user_credentials',
      "kind = 'signing-certificate' AND user_id",
      'must delete signing certificates first',
    ],
    ['iam_user_credentials', "kind = 'ssh-public-key' AND user_id", 'must delete SSH public keys first'],
    [
      'iam_user_credentials',
      "kind = 'service-credential' AND user_id",
      'must delete service specific credentials first',
    ],
    ['iam_mfa_devices', 'user_id', 'must delete MFA device first'],
    ['iam_group_members', 'user_id', 'must remove users from group first'],
    ['iam_policy_attachments', 'owner_id', 'must detach all policies first'],
    ['iam_inline_policies', 'owner_id', 'must delete policies first'],
  ],
  group: [
    ['iam_group_members', 'group_id', 'must remove users from group first'],
    ['iam_policy_attachments', 'owner_id', 'must detach all policies first'],
    ['iam_inline_policies', 'owner_id', 'must delete policies first'],
  ],
  role: [
    ['iam_instance_profiles', 'role_id', 'must remove roles from instance profile first'],
    ['iam_policy_attachments', 'owner_id', 'must detach all policies first'],
    ['iam_inline_policies', 'owner_id', 'must delete policies first'],
  ],
};

/** Deletes a user, group or role with its tags. Throws NoSuchEntity, DeleteConflict while anything else hangs on it, UnmodifiableEntity. */
export async function deleteEntity(iam: Iam, accountId: string, wanted: EntityName): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const entity = await requireEntity(database, accountId, wanted);
    requireModifiable(entity);
    const { id } = entity;
    for (const [table, column, remedy] of CONFLICTS[wanted.kind]) {
      const [found] = await database.query(
        `SELECT 1 FROM keyshift.${table} WHERE account_id = $1 AND ${column} = $2 LIMIT 1`,
        [accountId, id],
      );
      if (found !== undefined) throw deleteConflict(`Cannot delete entity, ${remedy}.`);
    }
    await removeEntity(database, accountId, entity);
  });
}

/** Removes a user, group or role, on which nothing hangs any more, with its tags. */
export async function removeEntity(
  database: Database,
  accountId: string,
  { kind, id }: Entity,
): Promise<void> {
  await removeAllTags(database, accountId, id);
  await database.query(`DELETE FROM ${ENTITY_KINDS[kind].table} WHERE account_id = $1 AND id = $2`, [
    accountId,
    id,
  ]);
}
