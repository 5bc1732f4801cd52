import { instanceProfileArn } from '../core/arn.ts';
import { uniqueId } from '../core/ids.ts';
import type { Database } from '../store/database.ts';
import { requireRoom } from './account-quotas.ts';
import { type PathPageRequest, requireEntity, requireModifiable, storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, deleteConflict, noSuchEntity, quotaExceeded } from './iam-errors.ts';
import { requireName, requirePath } from './member-checks.ts';
import { type Page, readPage } from './pages.ts';
import { QUOTAS } from './quotas.ts';
import { addTags, removeAllTags, requireTags, type Tag } from './tags.ts';

/** A name under which a machine is given a role. */
export interface InstanceProfile {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  /** The name of its role; undefined while it has none. */
  readonly roleName: string | undefined;
  readonly createdAt: Date;
}

interface ProfileRow {
  id: string;
  name: string;
  path: string;
  role_name: string | null;
  created_at: Date;
}

const SELECT = `
  SELECT p.id, p.name, p.path, p.created_at, r.name AS role_name FROM keyshift.iam_instance_profiles p
  LEFT JOIN keyshift.iam_roles r ON r.account_id = p.account_id AND r.id = p.role_id`;

export interface NewInstanceProfile {
  readonly name: string;
  readonly path?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

/** CreateInstanceProfile. Throws EntityAlreadyExists, LimitExceeded, InvalidInput, ValidationError. */
export async function createInstanceProfile(
  iam: Iam,
  accountId: string,
  { name, path = '/', tags = [] }: NewInstanceProfile,
): Promise<InstanceProfile> {
  requireName('instanceProfileName', name);
  requirePath(path);
  requireTags(tags);
  return changeIdentities(iam, accountId, async (database) => {
    const id = uniqueId('instanceProfile', iam.random);
    const inserted = await database.query(
      `INSERT INTO keyshift.iam_instance_profiles (account_id, id, name, path, created_at)
       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, folded) DO NOTHING RETURNING id`,
      [accountId, id, name, path, iam.clock.now()],
    );
    if (inserted.length === 0) throw alreadyExists(`Instance Profile ${name} already exists.`);
    await requireRoom(iam, database, accountId, 'instance-profiles');
    await addTags(database, accountId, id, tags);
    return requireInstanceProfile(database, accountId, name);
  });
}

/** DeleteInstanceProfile. Throws NoSuchEntity, and DeleteConflict while it has a role. */
export async function deleteInstanceProfile(iam: Iam, accountId: string, name: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const profile = await requireInstanceProfile(database, accountId, name);
    if (profile.roleName !== undefined) {
      throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    }
    await removeAllTags(database, accountId, profile.id);
    await database.query('DELETE FROM keyshift.iam_instance_profiles WHERE account_id = $1 AND id = $2', [
      accountId,
      profile.id,
    ]);
  });
}

export interface ProfileRole {
  readonly profileName: string;
  readonly roleName: string;
}

/** AddRoleToInstanceProfile. Throws NoSuchEntity for either, UnmodifiableEntity, and LimitExceeded when it has a role. */
export async function addRoleToProfile(iam: Iam, accountId: string, names: ProfileRole): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const profile = await requireInstanceProfile(database, accountId, names.profileName);
    const role = await requireEntity(database, accountId, { kind: 'role', name: names.roleName });
    requireModifiable(role);
    if (profile.roleName !== undefined) {
      throw quotaExceeded('InstanceSessionsPerInstanceProfile', QUOTAS.rolesPerInstanceProfile);
    }
    await setRole(database, accountId, profile.id, role.id);
  });
}

/** RemoveRoleFromInstanceProfile. Throws UnmodifiableEntity, and NoSuchEntity for either and for another role. */
export async function removeRoleFromProfile(iam: Iam, accountId: string, names: ProfileRole): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const profile = await requireInstanceProfile(database, accountId, names.profileName);
    const role = await requireEntity(database, accountId, { kind: 'role', name: names.roleName });
    requireModifiable(role);
    if (profile.roleName !== role.name) {
      throw noSuchEntity(`The role with name ${role.name} is not in the instance profile ${profile.name}.`);
    }
    await setRole(database, accountId, profile.id, null);
  });
}

/** ListInstanceProfiles, by name; with `roleName` ListInstanceProfilesForRole. Throws NoSuchEntity for the role. */
export async function listInstanceProfiles(
  iam: Iam,
  accountId: string,
  request: PathPageRequest & { readonly roleName?: string | undefined },
): Promise<Page<InstanceProfile>> {
  const { roleName, pathPrefix = '/' } = request;
  const role =
    roleName === undefined
      ? undefined
      : await requireEntity(iam.store, accountId, { kind: 'role', name: roleName });
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<ProfileRow>(
        `${SELECT} WHERE p.account_id = $1 AND p.folded > $2 AND starts_with(p.path, $3)
           AND ($4::text IS NULL OR p.role_id = $4) ORDER BY p.folded LIMIT $5`,
        [accountId, after, pathPrefix, role?.id ?? null, limit],
      ),
    (row) => row.name.toLowerCase(),
  );
  return { ...page, items: page.items.map((row) => profileOf(accountId, row)) };
}

export async function findInstanceProfile(
  database: Database,
  accountId: string,
  name: string,
): Promise<InstanceProfile | undefined> {
  const [row] = await database.query<ProfileRow>(
    `${SELECT} WHERE p.account_id = $1 AND p.folded = lower($2 COLLATE "C")`,
    [accountId, storable(name)],
  );
  return row && profileOf(accountId, row);
}

/** GetInstanceProfile. Throws NoSuchEntity. */
export async function requireInstanceProfile(
  database: Database,
  accountId: string,
  name: string,
): Promise<InstanceProfile> {
  const profile = await findInstanceProfile(database, accountId, name);
  if (profile === undefined) throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
  return profile;
}

async function setRole(
  database: Database,
  accountId: string,
  profileId: string,
  roleId: string | null,
): Promise<void> {
  await database.query(
    'UPDATE keyshift.iam_instance_profiles SET role_id = $3 WHERE account_id = $1 AND id = $2',
    [accountId, profileId, roleId],
  );
}

function profileOf(accountId: string, row: ProfileRow): InstanceProfile {
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    arn: instanceProfileArn(accountId, row.path, row.name),
    roleName: row.role_name ?? undefined,
    createdAt: row.created_at,
  };
}
