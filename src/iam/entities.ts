import { groupArn, userArn } from '../core/arn.ts';
import type { Database } from '../store/database.ts';
import { noSuchGroup, noSuchUser } from './iam-errors.ts';
import type { PageRequest } from './pages.ts';
import { QUOTAS } from './quotas.ts';

/** What users and groups have in common: a name and a path, and policies that hang on them. */
export interface Entity {
  readonly kind: EntityKind;
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
}

export type EntityKind = 'user' | 'group';

/** Where a kind of entity is kept, and what holds for it. The table names are ours, never a client's text. */
export const ENTITY_KINDS = {
  user: {
    table: 'keyshift.iam_users',
    title: 'User',
    arnOf: userArn,
    missing: noSuchUser,
    inlineCharactersMax: QUOTAS.userInlineCharacters,
    attachmentsMax: QUOTAS.policiesPerUser,
    attachmentsQuota: 'PoliciesPerUser',
  },
  group: {
    table: 'keyshift.iam_groups',
    title: 'Group',
    arnOf: groupArn,
    missing: noSuchGroup,
    inlineCharactersMax: QUOTAS.groupInlineCharacters,
    attachmentsMax: QUOTAS.policiesPerGroup,
    attachmentsQuota: 'PoliciesPerGroup',
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

/** Finds a user or group by its name, ignoring case. */
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

/** Finds a user or group by its name. Throws NoSuchEntity when there is none. */
export async function requireEntity(
  database: Database,
  accountId: string,
  wanted: EntityName,
): Promise<Entity> {
  const entity = await findEntity(database, accountId, wanted);
  if (entity === undefined) throw ENTITY_KINDS[wanted.kind].missing(wanted.name);
  return entity;
}

export function entityOf(accountId: string, kind: EntityKind, row: Row): Entity {
  const { id, name, path } = row;
  return { kind, id, name, path, arn: ENTITY_KINDS[kind].arnOf(accountId, path, name) };
}

/** A text to look for. PostgreSQL refuses a zero byte, which is in no name; the replacement is in none either. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\u{fffd}');
}
