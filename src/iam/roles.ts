import { uniqueId } from '../core/ids.ts';
import { policySizeWithoutWhitespace } from '../policy/document.ts';
import type { Database } from '../store/database.ts';
import { requireRoom, requireWithin } from './account-quotas.ts';
import {
  type Entity,
  entityOf,
  type PathPageRequest,
  requireEntity,
  requireModifiable,
  SERVICE_ROLE_PATH,
  storable,
} from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, invalidInput, noSuchRole, validationError } from './iam-errors.ts';
import { requireBoundary } from './managed-policies.ts';
import { requireDescription, requireName, requirePath } from './member-checks.ts';
import { type Page, readPage } from './pages.ts';
import { requirePolicyDocument } from './policy-documents.ts';
import { addTags, requireTags, type Tag, tagsOf } from './tags.ts';
import { shownTrustPolicies, storedTrustPolicy } from './trust-principals.ts';

/** An identity that others take on for a while, if its trust policy lets them. */
export interface Role extends Entity {
  readonly kind: 'role';
  readonly createdAt: Date;
  readonly description: string | undefined;
  /** As it is shown: users and roles by their present ARNs. */
  readonly trustPolicy: string;
  readonly maxSessionSeconds: number;
  readonly boundaryArn: string | undefined;
  readonly lastUsed: { readonly at: Date; readonly region: string } | undefined;
}

export interface RoleWithTags extends Role {
  readonly tags: readonly Tag[];
}

export interface NewRole {
  readonly roleName: string;
  readonly path?: string | undefined;
  readonly trustPolicy: string;
  readonly description?: string | undefined;
  readonly maxSessionSeconds?: number | undefined;
  readonly boundaryArn?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  readonly isServiceLinked?: boolean;
}

interface RoleRow {
  id: string;
  name: string;
  path: string;
  description: string | null;
  trust_policy: string;
  max_session_seconds: number;
  boundary_arn: string | null;
  created_at: Date;
  last_used_at: Date | null;
  last_used_region: string | null;
}

const ROLE_COLUMNS = `id, name, path, description, trust_policy, max_session_seconds, boundary_arn,
  created_at, last_used_at, last_used_region`;

/** Seconds. Source: IAM API Reference, CreateRole, MaxSessionDuration. */
const SESSION_SECONDS = { min: 3600, max: 43_200, default: 3600 } as const;

/**
 * CreateRole. Throws EntityAlreadyExists, MalformedPolicyDocument, LimitExceeded, NoSuchEntity (boundary),
 * InvalidInput and ValidationError.
 */
export async function createRole(iam: Iam, accountId: string, request: NewRole): Promise<RoleWithTags> {
  const { roleName, path = '/', trustPolicy, description, boundaryArn, tags = [] } = request;
  const maxSessionSeconds = request.maxSessionSeconds ?? SESSION_SECONDS.default;
  requireName('roleName', roleName);
  requirePath(path);
  requireOwnPath(path, request.isServiceLinked ?? false);
  if (description !== undefined) requireDescription(description);
  requireSessionSeconds(maxSessionSeconds);
  requireTags(tags);
  await requireTrustPolicy(iam, accountId, trustPolicy);
  return changeIdentities(iam, accountId, async (database) => {
    if (boundaryArn !== undefined) await requireBoundary(database, accountId, boundaryArn);
    const [row] = await database.query<RoleRow>(
      `INSERT INTO keyshift.iam_roles (account_id, id, name, path, description, trust_policy,
         max_session_seconds, boundary_arn, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (account_id, folded) DO NOTHING RETURNING ${ROLE_COLUMNS}`,
      [
        accountId,
        uniqueId('role', iam.random),
        roleName,
        path,
        description ?? null,
        await storedTrustPolicy(database, trustPolicy),
        maxSessionSeconds,
        boundaryArn ?? null,
        iam.clock.now(),
      ],
    );
    if (row === undefined) throw alreadyExists(`Role with name ${roleName} already exists.`);
    await requireRoom(iam, database, accountId, 'roles');
    await addTags(database, accountId, row.id, tags);
    return withTags(database, accountId, row);
  });
}

/** GetRole. Throws NoSuchEntity. */
export async function getRole(iam: Iam, accountId: string, roleName: string): Promise<RoleWithTags> {
  const role = await findRole(iam.store, accountId, roleName);
  if (role === undefined) throw noSuchRole(roleName);
  return role;
}

export async function findRole(
  database: Database,
  accountId: string,
  roleName: string,
): Promise<RoleWithTags | undefined> {
  const [row] = await database.query<RoleRow>(
    `SELECT ${ROLE_COLUMNS} FROM keyshift.iam_roles WHERE account_id = $1 AND folded = lower($2 COLLATE "C")`,
    [accountId, storable(roleName)],
  );
  return row && withTags(database, accountId, row);
}

/** The roles with exactly these names, as lists show them. */
export async function findRoles(
  database: Database,
  accountId: string,
  names: readonly string[],
): Promise<Role[]> {
  if (names.length === 0) return [];
  const rows = await database.query<RoleRow>(
    `SELECT ${ROLE_COLUMNS} FROM keyshift.iam_roles WHERE account_id = $1 AND folded = ANY($2) ORDER BY folded`,
    [accountId, names.map((name) => name.toLowerCase())],
  );
  return rolesOf(database, accountId, rows);
}

/** ListRoles, in the order of their names. */
export async function listRoles(iam: Iam, accountId: string, request: PathPageRequest): Promise<Page<Role>> {
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<RoleRow>(
        `SELECT ${ROLE_COLUMNS} FROM keyshift.iam_roles
         WHERE account_id = $1 AND folded > $2 AND starts_with(path, $3) ORDER BY folded LIMIT $4`,
        [accountId, after, request.pathPrefix ?? '/', limit],
      ),
    (row) => row.name.toLowerCase(),
  );
  return { ...page, items: await rolesOf(iam.store, accountId, page.items) };
}

/** What UpdateRole and its relatives change; what is undefined stays. */
export interface RoleChange {
  readonly description?: string | undefined;
  readonly maxSessionSeconds?: number | undefined;
  readonly trustPolicy?: string | undefined;
  /** Null removes the boundary. */
  readonly boundaryArn?: string | null | undefined;
}

/** Changes a role. Throws NoSuchEntity, UnmodifiableEntity, MalformedPolicyDocument, LimitExceeded, ValidationError. */
export async function updateRole(
  iam: Iam,
  accountId: string,
  roleName: string,
  change: RoleChange,
): Promise<RoleWithTags> {
  const { description, maxSessionSeconds, trustPolicy, boundaryArn } = change;
  if (description !== undefined) requireDescription(description);
  if (maxSessionSeconds !== undefined) requireSessionSeconds(maxSessionSeconds);
  if (trustPolicy !== undefined) await requireTrustPolicy(iam, accountId, trustPolicy);
  return changeIdentities(iam, accountId, async (database) => {
    const entity = await requireEntity(database, accountId, { kind: 'role', name: roleName });
    // Of a service-linked role only the description may be changed.
    if ([maxSessionSeconds, trustPolicy, boundaryArn].some((part) => part !== undefined)) {
      requireModifiable(entity);
    }
    if (typeof boundaryArn === 'string') await requireBoundary(database, accountId, boundaryArn);
    const stored = trustPolicy === undefined ? null : await storedTrustPolicy(database, trustPolicy);
    const [row] = await database.query<RoleRow>(
      `UPDATE keyshift.iam_roles SET
         description = coalesce($3, description),
         max_session_seconds = coalesce($4, max_session_seconds),
         trust_policy = coalesce($5, trust_policy),
         boundary_arn = CASE WHEN $6 THEN $7 ELSE boundary_arn END
       WHERE account_id = $1 AND id = $2 RETURNING ${ROLE_COLUMNS}`,
      [
        accountId,
        entity.id,
        description ?? null,
        maxSessionSeconds ?? null,
        stored,
        boundaryArn !== undefined,
        boundaryArn ?? null,
      ],
    );
    if (row === undefined) throw noSuchRole(roleName);
    return withTags(database, accountId, row);
  });
}

async function rolesOf(database: Database, accountId: string, rows: readonly RoleRow[]): Promise<Role[]> {
  const documents = rows.map((row) => row.trust_policy);
  const shown = await shownTrustPolicies(database, documents);
  return rows.map((row, index) => roleOf(accountId, row, shown[index] ?? row.trust_policy));
}

async function withTags(database: Database, accountId: string, row: RoleRow): Promise<RoleWithTags> {
  const [shown = row.trust_policy] = await shownTrustPolicies(database, [row.trust_policy]);
  return { ...roleOf(accountId, row, shown), tags: await tagsOf(database, accountId, row.id) };
}

function roleOf(accountId: string, row: RoleRow, trustPolicy: string): Role {
  const { last_used_at: at, last_used_region: region } = row;
  return {
    ...entityOf(accountId, 'role', row),
    kind: 'role',
    createdAt: row.created_at,
    description: row.description ?? undefined,
    trustPolicy,
    maxSessionSeconds: row.max_session_seconds,
    boundaryArn: row.boundary_arn ?? undefined,
    lastUsed: at === null || region === null ? undefined : { at, region },
  };
}

/** Its size is asked of the store, because an account may have a quota of its own. */
async function requireTrustPolicy(iam: Iam, accountId: string, document: string): Promise<void> {
  requirePolicyDocument(document, 'trust');
  const size = policySizeWithoutWhitespace(document);
  await requireWithin(iam, iam.store, accountId, 'trust-policy-characters', size);
}

/** Roles of services have paths of their own, so that a path tells what a role is. */
function requireOwnPath(path: string, isServiceLinked: boolean): void {
  if (path.startsWith(SERVICE_ROLE_PATH) === isServiceLinked) return;
  throw invalidInput(`The path ${SERVICE_ROLE_PATH} is for service-linked roles.`);
}

function requireSessionSeconds(seconds: number): void {
  const { min, max } = SESSION_SECONDS;
  if (Number.isInteger(seconds) && seconds >= min && seconds <= max) return;
  throw validationError(
    `1 validation error detected: Value '${seconds}' at 'maxSessionDuration' failed to satisfy constraint: ` +
      `Member must have value between ${min} and ${max}`,
  );
}
