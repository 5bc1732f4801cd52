import { uniqueId } from '../core/ids.ts';
import { requireRoom } from './account-quotas.ts';
import { type Entity, entityOf, type PathPageRequest, requireEntity, storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, noSuchUser } from './iam-errors.ts';
import { requireBoundary } from './managed-policies.ts';
import { requireName, requirePath } from './member-checks.ts';
import { type Page, readPage } from './pages.ts';
import { addTags, requireTags, type Tag, tagsOf } from './tags.ts';

export interface User extends Entity {
  readonly kind: 'user';
  readonly createdAt: Date;
  readonly passwordLastUsedAt: Date | undefined;
  /** The managed policy that limits what the user's own policies may grant. */
  readonly boundaryArn: string | undefined;
}

export interface UserWithTags extends User {
  readonly tags: readonly Tag[];
}

export interface NewUser {
  readonly userName: string;
  readonly path?: string | undefined;
  readonly boundaryArn?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

export interface UserRow {
  id: string;
  name: string;
  path: string;
  boundary_arn: string | null;
  created_at: Date;
  password_last_used_at: Date | null;
}

const USER_COLUMNS = 'id, name, path, boundary_arn, created_at, password_last_used_at';

/** CreateUser. Throws EntityAlreadyExists, LimitExceeded, NoSuchEntity (boundary), InvalidInput, ValidationError. */
export async function createUser(iam: Iam, accountId: string, request: NewUser): Promise<UserWithTags> {
  const { userName, path = '/', boundaryArn, tags = [] } = request;
  requireName('userName', userName);
  requirePath(path);
  requireTags(tags);
  return changeIdentities(iam, accountId, async (database) => {
    if (boundaryArn !== undefined) await requireBoundary(database, accountId, boundaryArn);
    const [row] = await database.query<UserRow>(
      `INSERT INTO keyshift.iam_users (account_id, id, name, path, boundary_arn, created_at)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, folded) DO NOTHING RETURNING ${USER_COLUMNS}`,
      [accountId, uniqueId('user', iam.random), userName, path, boundaryArn ?? null, iam.clock.now()],
    );
    if (row === undefined) throw alreadyExists(`User with name ${userName} already exists.`);
    await requireRoom(iam, database, accountId, 'users');
    await addTags(database, accountId, row.id, tags);
    return { ...userOf(accountId, row), tags: await tagsOf(database, accountId, row.id) };
  });
}

/** GetUser. Throws NoSuchEntity. */
export async function getUser(iam: Iam, accountId: string, userName: string): Promise<UserWithTags> {
  const user = await findUser(iam, accountId, userName);
  if (user === undefined) throw noSuchUser(userName);
  return user;
}

export async function findUser(
  iam: Iam,
  accountId: string,
  userName: string,
): Promise<UserWithTags | undefined> {
  const [row] = await iam.store.query<UserRow>(
    `SELECT ${USER_COLUMNS} FROM keyshift.iam_users WHERE account_id = $1 AND folded = lower($2 COLLATE "C")`,
    [accountId, storable(userName)],
  );
  return row && { ...userOf(accountId, row), tags: await tagsOf(iam.store, accountId, row.id) };
}

/** ListUsers, in the order of their names. */
export async function listUsers(iam: Iam, accountId: string, request: PathPageRequest): Promise<Page<User>> {
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<UserRow>(
        `SELECT ${USER_COLUMNS} FROM keyshift.iam_users
         WHERE account_id = $1 AND folded > $2 AND starts_with(path, $3) ORDER BY folded LIMIT $4`,
        [accountId, after, request.pathPrefix ?? '/', limit],
      ),
    (row) => row.name.toLowerCase(),
  );
  return { ...page, items: page.items.map((row) => userOf(accountId, row)) };
}

/** Sets the permissions boundary of a user, or removes it. Throws NoSuchEntity for the user or the policy. */
export async function setUserBoundary(
  iam: Iam,
  accountId: string,
  userName: string,
  boundaryArn: string | undefined,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const { id } = await requireEntity(database, accountId, { kind: 'user', name: userName });
    if (boundaryArn !== undefined) await requireBoundary(database, accountId, boundaryArn);
    await database.query(
      'UPDATE keyshift.iam_users SET boundary_arn = $3 WHERE account_id = $1 AND id = $2',
      [accountId, id, boundaryArn ?? null],
    );
  });
}

export function userOf(accountId: string, row: UserRow): User {
  return {
    ...entityOf(accountId, 'user', row),
    kind: 'user',
    createdAt: row.created_at,
    passwordLastUsedAt: row.password_last_used_at ?? undefined,
    boundaryArn: row.boundary_arn ?? undefined,
  };
}
