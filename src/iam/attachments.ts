import type { Database } from '../store/database.ts';
import { requireWithin } from './account-quotas.ts';
import {
  type Entity,
  type EntityKind,
  type EntityName,
  entityOf,
  requireEntity,
  requireModifiable,
} from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { noSuchEntity } from './iam-errors.ts';
import { findPolicy, requireAttachable, requirePolicy } from './managed-policies.ts';
import { type Page, type PageRequest, pageOfList } from './pages.ts';

/** Which managed policies hang on which users, groups and roles. */
export interface AttachedPolicy {
  readonly name: string;
  readonly arn: string;
}

/**
 * AttachUserPolicy and its like; once more changes nothing.
 * Throws NoSuchEntity, PolicyNotAttachable, UnmodifiableEntity, and LimitExceeded past 10 policies.
 */
export async function attachPolicy(
  iam: Iam,
  accountId: string,
  owner: EntityName,
  arn: string,
): Promise<void> {
  requireAttachable(arn);
  await changeIdentities(iam, accountId, async (database) => {
    const entity = await requireEntity(database, accountId, owner);
    requireModifiable(entity);
    const { id } = entity;
    const policy = await findPolicy(database, accountId, arn);
    if (policy === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
    await database.query(
      `INSERT INTO keyshift.iam_policy_attachments (account_id, owner_id, policy_arn) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING`,
      [accountId, id, policy.arn],
    );
    const attached = await attachedArns(database, accountId, id);
    await requireWithin(iam, database, accountId, `policies-per-${owner.kind}`, attached.length);
  });
}

/** DetachUserPolicy and its like. Throws UnmodifiableEntity, and NoSuchEntity, also when it was not attached. */
export async function detachPolicy(
  iam: Iam,
  accountId: string,
  owner: EntityName,
  arn: string,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const entity = await requireEntity(database, accountId, owner);
    requireModifiable(entity);
    const { id } = entity;
    const policy = await requirePolicy(database, accountId, arn);
    const detached = await database.query(
      `DELETE FROM keyshift.iam_policy_attachments
       WHERE account_id = $1 AND owner_id = $2 AND policy_arn = $3 RETURNING policy_arn`,
      [accountId, id, policy.arn],
    );
    if (detached.length === 0) throw noSuchEntity(`Policy ${arn} was not found.`);
  });
}

/** ListAttachedUserPolicies and its like, in the order of their names. Throws NoSuchEntity. */
export async function listAttachedPolicies(
  iam: Iam,
  accountId: string,
  owner: EntityName,
  request: PageRequest & { readonly pathPrefix?: string | undefined },
): Promise<Page<AttachedPolicy>> {
  const { id } = await requireEntity(iam.store, accountId, owner);
  const arns = await attachedArns(iam.store, accountId, id);
  const wanted = arns.filter((arn) => resourceOf(arn).startsWith(request.pathPrefix ?? '/'));
  const policies = wanted.map(attachedPolicy);
  // Two policies may share a name when AWS manages one of them; the ARN tells them apart.
  return pageOfList(request, ({ name, arn }) => `${name.toLowerCase()} ${arn.slice(0, 30)}`, policies);
}

/** What a policy may be to an entity: it grants, or it limits. */
export type PolicyUsage = 'PermissionsPolicy' | 'PermissionsBoundary';

export interface EntitiesRequest extends PageRequest {
  /** Absent: all kinds. */
  readonly kinds?: readonly EntityKind[] | undefined;
  readonly pathPrefix?: string | undefined;
  readonly usage?: PolicyUsage | undefined;
}

/** ListEntitiesForPolicy: groups first, then roles, then users, by name. Throws NoSuchEntity. */
export async function listEntitiesForPolicy(
  iam: Iam,
  accountId: string,
  arn: string,
  request: EntitiesRequest,
): Promise<Page<Entity>> {
  const policy = await requirePolicy(iam.store, accountId, arn);
  const rows = await iam.store.query<{ kind: EntityKind; id: string; name: string; path: string }>(
    `SELECT 'group' AS kind, g.id, g.name, g.path FROM keyshift.iam_groups g
     WHERE g.account_id = $1 AND $3 AND EXISTS (SELECT FROM keyshift.iam_policy_attachments a
       WHERE a.account_id = $1 AND a.owner_id = g.id AND a.policy_arn = $2)
     UNION ALL
     SELECT p.kind, p.id, p.name, p.path FROM (
       SELECT 'user' AS kind, id, name, path, boundary_arn FROM keyshift.iam_users WHERE account_id = $1
       UNION ALL
       SELECT 'role', id, name, path, boundary_arn FROM keyshift.iam_roles WHERE account_id = $1
     ) AS p
     WHERE $4 AND p.boundary_arn = $2 OR $3 AND EXISTS (
       SELECT FROM keyshift.iam_policy_attachments a
       WHERE a.account_id = $1 AND a.owner_id = p.id AND a.policy_arn = $2)`,
    [accountId, policy.arn, request.usage !== 'PermissionsBoundary', request.usage !== 'PermissionsPolicy'],
  );
  const wanted = rows
    .filter(({ kind }) => request.kinds?.includes(kind) ?? true)
    .filter(({ path }) => path.startsWith(request.pathPrefix ?? '/'));
  return pageOfList(
    request,
    ({ kind, name }) => `${kind} ${name.toLowerCase()}`,
    wanted.map((row) => entityOf(accountId, row.kind, row)),
  );
}

/** A policy by its ARN, which ends with its name. */
export function attachedPolicy(arn: string): AttachedPolicy {
  return { name: arn.slice(arn.lastIndexOf('/') + 1), arn };
}

async function attachedArns(database: Database, accountId: string, ownerId: string): Promise<string[]> {
  const rows = await database.query<{ policy_arn: string }>(
    'SELECT policy_arn FROM keyshift.iam_policy_attachments WHERE account_id = $1 AND owner_id = $2',
    [accountId, ownerId],
  );
  return rows.map((row) => row.policy_arn);
}

/** The part of a policy's ARN that starts with its path. */
function resourceOf(arn: string): string {
  return arn.slice(arn.indexOf(':policy/') + ':policy'.length);
}
