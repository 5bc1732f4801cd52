import { groupArn, roleArn, userArn } from '../core/arn.ts';
import type { Database } from '../store/database.ts';
import { noSuchGroup, noSuchRole, noSuchUser, unmodifiable } from './iam-errors.ts';
import type { PageRequest } from './pages.ts';
import { QUOTAS } from './quotas.ts';

/** What users, groups and roles have in common: a name and a path, and policies that hang on them. */
export interface Entity {
  readonly kind: EntityKind;
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
}

export type EntityKind = 'user' | 'group' | 'role';

/** Where a kind of entity is kept, and what holds for it. The table names are ours, never a client's text. */
export const ENTITY_KINDS = {
  user: {
    table: 'keyshift.iam_users',
    title: 'User',
    arnOf: userArn,
    missing: noSuchUser,
    inlineCharactersMax: QUOTAS.userInlineCharacters,
  },
  group: {
    table: 'keyshift.iam_groups',
    title: 'Group',
    arnOf: groupArn,
    missing: noSuchGroup,
    inlineCharactersMax: QUOTAS.groupInlineCharacters,
  },
  role: {
    table: 'keyshift.iam_roles',
    title: 'Role',
    arnOf: roleArn,
    missing: noSuchRole,
    inlineCharactersMax: QUOTAS.roleInlineCharacters,
  },
} as const;

/** Which entity is meant: its name in any case. */
export interface EntityName {
  readonly kind: EntityKind;
  readonly name: string;
}

/** A list of entities, of which only those whose path starts with `pathPrefix` are wanted. */
export interface PathPageRequest extends PageRequest {
  readonly pathPrefix?: string | undefined;
}

interface Row {
  id: string;
  name: string;
  path: string;
}

/** Finds a user, group or role by its name, ignoring case. */
export async function findEntity(
  database: Database,
  accountId: string,
  { kind, name }: EntityName,
): Promise<Entity | undefined> {
  const [row] = await database.query<Row>(
    `SELECT id, name, path FROM ${ENTITY_KINDS[kind].table}
     WHERE account_id = $1 AND folded = lower($2 COLLATE "C")`,
    [accountId, storable(name)],
  );
  return row && entityOf(accountId, kind, row);
}

/** Finds a user, group or role by its name. Throws NoSuchEntity when there is none. */
export async function requireEntity(
  database: Database,
  accountId: string,
  wanted: EntityName,
): Promise<Entity> {
  const entity = await findEntity(database, accountId, wanted);
  if (entity === undefined) throw ENTITY_KINDS[wanted.kind].missing(wanted.name);
  return entity;
}

/** Where roles of services are. Source: IAM User Guide, "Create a service-linked role". */
export const SERVICE_ROLE_PATH = '/aws-service-role/';

/** Throws UnmodifiableEntity for a service-linked role: what it may do is not for its account to say. */
export function requireModifiable({ kind, path, name }: Entity): void {
  if (kind !== 'role' || !path.startsWith(SERVICE_ROLE_PATH)) return;
  throw unmodifiable(
    `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`,
  );
}

export function entityOf(accountId: string, kind: EntityKind, row: Row): Entity {
  const { id, name, path } = row;
  return { kind, id, name, path, arn: ENTITY_KINDS[kind].arnOf(accountId, path, name) };
}

/** A text to look for. PostgreSQL refuses a zero byte, which is in no name; the replacement is in none either. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\u{fffd}');
}
