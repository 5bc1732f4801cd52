import { AwsError } from '../core/errors.ts';
import { uniqueId } from '../core/ids.ts';
import { policySizeWithoutWhitespace } from '../policy/document.ts';
import type { Database } from '../store/database.ts';
import { requireRoom } from './account-quotas.ts';
import { findAwsManagedPolicy } from './aws-managed-policies.ts';
import { changeIdentities, type Iam } from './iam.ts';
import {
  alreadyExists,
  deleteConflict,
  invalidInput,
  noSuchEntity,
  quotaExceeded,
  unattachable,
} from './iam-errors.ts';
import type { ManagedPolicy } from './managed-policy.ts';
import { requireDescription, requireName, requirePolicyPath } from './member-checks.ts';
import { requirePolicyDocument } from './policy-documents.ts';
import { QUOTAS } from './quotas.ts';
import { addTags, removeAllTags, requireTags, type Tag } from './tags.ts';

export interface NewPolicy {
  readonly policyName: string;
  readonly path?: string | undefined;
  readonly document: string;
  readonly description?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

export interface PolicyRow {
  id: string;
  name: string;
  path: string;
  arn: string;
  description: string | null;
  default_version: number;
  created_at: Date;
  updated_at: Date;
}

export const POLICY_COLUMNS = 'id, name, path, arn, description, default_version, created_at, updated_at';

const ARN = /^arn:aws:iam::(aws|\d{12}):policy\/[!-~]+$/;

/** CreatePolicy, with version v1. Throws EntityAlreadyExists, MalformedPolicyDocument, LimitExceeded, InvalidInput. */
export async function createPolicy(iam: Iam, accountId: string, request: NewPolicy): Promise<ManagedPolicy> {
  const { policyName, path = '/', document, description, tags = [] } = request;
  requireName('policyName', policyName);
  requirePolicyPath(path);
  if (description !== undefined) requireDescription(description);
  requireTags(tags);
  requireManagedDocument(document);
  return changeIdentities(iam, accountId, async (database) => {
    const id = uniqueId('managedPolicy', iam.random);
    const now = iam.clock.now();
    const [row] = await database.query<PolicyRow>(
      `INSERT INTO keyshift.iam_policies
         (account_id, id, name, path, description, default_version, newest_version, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, 1, 1, $6, $6)
       ON CONFLICT (account_id, folded) DO NOTHING RETURNING ${POLICY_COLUMNS}`,
      [accountId, id, policyName, path, description ?? null, now],
    );
    if (row === undefined) {
      throw alreadyExists(`A policy called ${policyName} already exists. Duplicate names are not allowed.`);
    }
    await requireRoom(iam, database, accountId, 'policies');
    await database.query(
      `INSERT INTO keyshift.iam_policy_versions (account_id, policy_id, version, document, created_at)
       VALUES ($1, $2, 1, $3, $4)`,
      [accountId, id, document, now],
    );
    await addTags(database, accountId, id, tags);
    return policyOf(row);
  });
}

/** DeletePolicy. Throws NoSuchEntity, and DeleteConflict while it is attached or has other versions. */
export async function deletePolicy(iam: Iam, accountId: string, arn: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const policy = await requireOwnPolicy(database, accountId, arn);
    const { attachments, boundaries } = await countUses(database, accountId, policy.arn);
    if (attachments + boundaries > 0) {
      throw deleteConflict('Cannot delete a policy attached to entities.');
    }
    const versions = await database.query(
      'SELECT 1 FROM keyshift.iam_policy_versions WHERE account_id = $1 AND policy_id = $2',
      [accountId, policy.id],
    );
    if (versions.length > 1) {
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's " +
          'versions. The default version is deleted with the policy.',
      );
    }
    await removeAllTags(database, accountId, policy.id);
    await database.query('DELETE FROM keyshift.iam_policies WHERE account_id = $1 AND id = $2', [
      accountId,
      policy.id,
    ]);
  });
}

/** The policy with this ARN, exactly as written. Throws InvalidInput when it is not the ARN of a policy. */
export async function findPolicy(
  database: Database,
  accountId: string,
  arn: string,
): Promise<ManagedPolicy | undefined> {
  const [, owner] = ARN.exec(arn) ?? [];
  if (owner === undefined) throw invalidInput(`ARN ${arn} is not valid.`);
  if (owner === 'aws') return findAwsManagedPolicy(arn);
  const [row] = await database.query<PolicyRow>(
    `SELECT ${POLICY_COLUMNS} FROM keyshift.iam_policies WHERE account_id = $1 AND arn = $2`,
    [accountId, arn],
  );
  return row && policyOf(row);
}

/** As `findPolicy`, but throws NoSuchEntity when there is none. */
export async function requirePolicy(
  database: Database,
  accountId: string,
  arn: string,
): Promise<ManagedPolicy> {
  const policy = await findPolicy(database, accountId, arn);
  if (policy === undefined) throw noSuchEntity(`Policy ${arn} was not found.`);
  return policy;
}

/** Policies of the linked roles of AWS services; nothing else may have one. */
const SERVICE_ROLE_POLICY = 'arn:aws:iam::aws:policy/aws-service-role/';

/** Throws PolicyNotAttachable for a policy that only the linked role of a service may have. */
export function requireAttachable(arn: string): void {
  if (!arn.startsWith(SERVICE_ROLE_POLICY)) return;
  throw unattachable('Cannot attach a Service Role Policy to a Customer Role.');
}

/** A policy that can be a boundary. Throws NoSuchEntity, InvalidInput, PolicyNotAttachable. */
export async function requireBoundary(database: Database, accountId: string, arn: string): Promise<void> {
  requireAttachable(arn);
  await requirePolicy(database, accountId, arn);
}

/** A policy that the account may change. Throws AccessDenied for one that AWS manages. */
export async function requireOwnPolicy(
  database: Database,
  accountId: string,
  arn: string,
): Promise<ManagedPolicy> {
  const policy = await requirePolicy(database, accountId, arn);
  if (policy.scope === 'AWS') throw new AwsError('AccessDenied', 403, 'Policy is outside your own account.');
  return policy;
}

/** How many users, groups and roles the policy is attached to, and whose boundary it is. */
export async function countUses(
  database: Database,
  accountId: string,
  arn: string,
): Promise<{ attachments: number; boundaries: number }> {
  const [row] = await database.query<{ attachments: number; boundaries: number }>(
    `SELECT
       (SELECT count(*)::int FROM keyshift.iam_policy_attachments WHERE account_id = $1 AND policy_arn = $2)
         AS attachments,
       (SELECT count(*)::int FROM keyshift.iam_users WHERE account_id = $1 AND boundary_arn = $2)
         + (SELECT count(*)::int FROM keyshift.iam_roles WHERE account_id = $1 AND boundary_arn = $2) AS boundaries`,
    [accountId, arn],
  );
  return row ?? { attachments: 0, boundaries: 0 };
}

/** Throws MalformedPolicyDocument, and LimitExceeded for a document that is too large for a managed policy. */
export function requireManagedDocument(document: string): void {
  requirePolicyDocument(document, 'managed');
  if (policySizeWithoutWhitespace(document) > QUOTAS.managedPolicyCharacters) {
    throw quotaExceeded('PolicySize', QUOTAS.managedPolicyCharacters);
  }
}

export function policyOf(row: PolicyRow): ManagedPolicy {
  return {
    scope: 'Local',
    id: row.id,
    name: row.name,
    path: row.path,
    arn: row.arn,
    description: row.description ?? undefined,
    defaultVersion: row.default_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
