import { requireWithin } from './account-quotas.ts';
import { type PathPageRequest, requireEntity } from './entities.ts';
import { type Group, type GroupRow, groupOf } from './groups.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { noSuchEntity } from './iam-errors.ts';
import { type Page, type PageRequest, readPage } from './pages.ts';
import { type User, type UserRow, userOf } from './users.ts';

/** Who is in which group, by the names of both. */
export interface Membership {
  readonly groupName: string;
  readonly userName: string;
}

/** AddUserToGroup; once more changes nothing. Throws NoSuchEntity, and LimitExceeded past 10 groups. */
export async function addUserToGroup(iam: Iam, accountId: string, names: Membership): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const group = await requireEntity(database, accountId, { kind: 'group', name: names.groupName });
    const user = await requireEntity(database, accountId, { kind: 'user', name: names.userName });
    await database.query(
      `INSERT INTO keyshift.iam_group_members (account_id, group_id, user_id) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING`,
      [accountId, group.id, user.id],
    );
    const groups = await database.query(
      'SELECT 1 FROM keyshift.iam_group_members WHERE account_id = $1 AND user_id = $2',
      [accountId, user.id],
    );
    await requireWithin(iam, database, accountId, 'groups-per-user', groups.length);
  });
}

/** RemoveUserFromGroup. Throws NoSuchEntity for either name, and when the user is not in the group. */
export async function removeUserFromGroup(iam: Iam, accountId: string, names: Membership): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const group = await requireEntity(database, accountId, { kind: 'group', name: names.groupName });
    const user = await requireEntity(database, accountId, { kind: 'user', name: names.userName });
    const removed = await database.query(
      `DELETE FROM keyshift.iam_group_members WHERE account_id = $1 AND group_id = $2 AND user_id = $3
       RETURNING user_id`,
      [accountId, group.id, user.id],
    );
    if (removed.length === 0) {
      throw noSuchEntity(`The user with name ${names.userName} is not in the group ${names.groupName}.`);
    }
  });
}

/** ListGroupsForUser, in the order of the groups' names. Throws NoSuchEntity. */
export async function listGroupsOfUser(
  iam: Iam,
  accountId: string,
  userName: string,
  request: PageRequest,
): Promise<Page<Group>> {
  const user = await requireEntity(iam.store, accountId, { kind: 'user', name: userName });
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<GroupRow>(
        `SELECT g.id, g.name, g.path, g.created_at
         FROM keyshift.iam_group_members m JOIN keyshift.iam_groups g
           ON g.account_id = m.account_id AND g.id = m.group_id
         WHERE m.account_id = $1 AND m.user_id = $2 AND g.folded > $3 ORDER BY g.folded LIMIT $4`,
        [accountId, user.id, after, limit],
      ),
    (row) => row.name.toLowerCase(),
  );
  return { ...page, items: page.items.map((row) => groupOf(accountId, row)) };
}

/** The members that GetGroup lists, in the order of their names. Throws NoSuchEntity. */
export async function listUsersInGroup(
  iam: Iam,
  accountId: string,
  groupName: string,
  request: PathPageRequest,
): Promise<Page<User>> {
  const group = await requireEntity(iam.store, accountId, { kind: 'group', name: groupName });
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<UserRow>(
        `SELECT u.id, u.name, u.path, u.boundary_arn, u.created_at, u.password_last_used_at
         FROM keyshift.iam_group_members m JOIN keyshift.iam_users u
           ON u.account_id = m.account_id AND u.id = m.user_id
         WHERE m.account_id = $1 AND m.group_id = $2 AND u.folded > $3 ORDER BY u.folded LIMIT $4`,
        [accountId, group.id, after, limit],
      ),
    (row) => row.name.toLowerCase(),
  );
  return { ...page, items: page.items.map((row) => userOf(accountId, row)) };
}
