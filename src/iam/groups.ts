import { uniqueId } from '../core/ids.ts';
import { requireRoom } from './account-quotas.ts';
import { type Entity, entityOf, type PathPageRequest, storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, noSuchGroup } from './iam-errors.ts';
import { requireName, requirePath } from './member-checks.ts';
import { type Page, readPage } from './pages.ts';

export interface Group extends Entity {
  readonly kind: 'group';
  readonly createdAt: Date;
}

export interface GroupRow {
  id: string;
  name: string;
  path: string;
  created_at: Date;
}

const GROUP_COLUMNS = 'id, name, path, created_at';

/** CreateGroup. Throws EntityAlreadyExists, LimitExceeded, ValidationError. */
export async function createGroup(
  iam: Iam,
  accountId: string,
  { groupName, path = '/' }: { readonly groupName: string; readonly path?: string | undefined },
): Promise<Group> {
  requireName('groupName', groupName);
  requirePath(path);
  return changeIdentities(iam, accountId, async (database) => {
    const [row] = await database.query<GroupRow>(
      `INSERT INTO keyshift.iam_groups (account_id, id, name, path, created_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (account_id, folded) DO NOTHING RETURNING ${GROUP_COLUMNS}`,
      [accountId, uniqueId('group', iam.random), groupName, path, iam.clock.now()],
    );
    if (row === undefined) throw alreadyExists(`Group with name ${groupName} already exists.`);
    await requireRoom(iam, database, accountId, 'groups');
    return groupOf(accountId, row);
  });
}

/** The group that GetGroup describes. Throws NoSuchEntity. */
export async function getGroup(iam: Iam, accountId: string, groupName: string): Promise<Group> {
  const [row] = await iam.store.query<GroupRow>(
    `SELECT ${GROUP_COLUMNS} FROM keyshift.iam_groups WHERE account_id = $1 AND folded = lower($2 COLLATE "C")`,
    [accountId, storable(groupName)],
  );
  if (row === undefined) throw noSuchGroup(groupName);
  return groupOf(accountId, row);
}

/** ListGroups, in the order of their names. */
export async function listGroups(
  iam: Iam,
  accountId: string,
  request: PathPageRequest,
): Promise<Page<Group>> {
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<GroupRow>(
        `SELECT ${GROUP_COLUMNS} FROM keyshift.iam_groups
         WHERE account_id = $1 AND folded > $2 AND starts_with(path, $3) ORDER BY folded LIMIT $4`,
        [accountId, after, request.pathPrefix ?? '/', limit],
      ),
    (row) => row.name.toLowerCase(),
  );
  return { ...page, items: page.items.map((row) => groupOf(accountId, row)) };
}

export function groupOf(accountId: string, row: GroupRow): Group {
  return { ...entityOf(accountId, 'group', row), kind: 'group', createdAt: row.created_at };
}
