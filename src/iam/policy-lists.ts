import type { PolicyUsage } from './attachments.ts';
import { listAwsManagedPolicies } from './aws-managed-policies.ts';
import type { Iam } from './iam.ts';
import { countUses, POLICY_COLUMNS, type PolicyRow, policyOf, requirePolicy } from './managed-policies.ts';
import type { ManagedPolicy } from './managed-policy.ts';
import { type Page, type PageRequest, pageOfList } from './pages.ts';
import { type Tag, tagsOf } from './tags.ts';

/** A managed policy with how often it is used. */
export interface PolicyInUse extends ManagedPolicy {
  readonly attachmentCount: number;
  readonly boundaryCount: number;
}

export interface PolicyListRequest extends PageRequest {
  readonly scope?: 'All' | 'AWS' | 'Local' | undefined;
  readonly onlyAttached?: boolean | undefined;
  readonly pathPrefix?: string | undefined;
  readonly usage?: PolicyUsage | undefined;
}

/** GetPolicy. Throws NoSuchEntity. */
export async function getPolicy(
  iam: Iam,
  accountId: string,
  arn: string,
): Promise<PolicyInUse & { readonly tags: readonly Tag[] }> {
  const policy = await requirePolicy(iam.store, accountId, arn);
  const { attachments, boundaries } = await countUses(iam.store, accountId, policy.arn);
  return {
    ...policy,
    attachmentCount: attachments,
    boundaryCount: boundaries,
    tags: await tagsOf(iam.store, accountId, policy.id),
  };
}

/** ListPolicies, in the order of their names. */
export async function listPolicies(
  iam: Iam,
  accountId: string,
  request: PolicyListRequest,
): Promise<Page<PolicyInUse>> {
  const uses = await usesByArn(iam, accountId);
  const wanted = (await policiesInScope(iam, accountId, request.scope ?? 'All'))
    .filter(({ path }) => path.startsWith(request.pathPrefix ?? '/'))
    .map((policy) => ({ ...policy, ...(uses.get(policy.arn) ?? { attachmentCount: 0, boundaryCount: 0 }) }))
    .filter((policy) => !(request.onlyAttached ?? false) || policy.attachmentCount + policy.boundaryCount > 0)
    .filter((policy) => request.usage !== 'PermissionsBoundary' || policy.boundaryCount > 0)
    .filter((policy) => request.usage !== 'PermissionsPolicy' || policy.attachmentCount > 0);
  return pageOfList(request, ({ name, scope }) => `${name.toLowerCase()} ${scope}`, wanted);
}

/** All of them: the quota of 1,500 keeps this one small query. */
async function policiesInScope(
  iam: Iam,
  accountId: string,
  scope: 'All' | 'AWS' | 'Local',
): Promise<ManagedPolicy[]> {
  const managed = scope === 'Local' ? [] : listAwsManagedPolicies();
  if (scope === 'AWS') return managed;
  const rows = await iam.store.query<PolicyRow>(
    `SELECT ${POLICY_COLUMNS} FROM keyshift.iam_policies WHERE account_id = $1`,
    [accountId],
  );
  return [...managed, ...rows.map(policyOf)];
}

async function usesByArn(iam: Iam, accountId: string) {
  const rows = await iam.store.query<{ arn: string; attachments: number; boundaries: number }>(
    `SELECT arn, sum(attachment)::int AS attachments, sum(boundary)::int AS boundaries FROM (
       SELECT policy_arn AS arn, 1 AS attachment, 0 AS boundary
       FROM keyshift.iam_policy_attachments WHERE account_id = $1
       UNION ALL
       SELECT boundary_arn, 0, 1 FROM keyshift.iam_users WHERE account_id = $1 AND boundary_arn IS NOT NULL
       UNION ALL
       SELECT boundary_arn, 0, 1 FROM keyshift.iam_roles WHERE account_id = $1 AND boundary_arn IS NOT NULL
     ) AS uses GROUP BY arn`,
    [accountId],
  );
  return new Map(
    rows.map((row) => [row.arn, { attachmentCount: row.attachments, boundaryCount: row.boundaries }]),
  );
}
