import type { PolicyUsage } from './attachments.ts';
import { listAwsManagedPolicies } from './aws-managed-policies.ts';
import type { Iam } from './iam.ts';
import { countUses, POLICY_COLUMNS, type PolicyRow, policyOf, requirePolicy } from './managed-policies.ts';
import type { ManagedPolicy } from './managed-policy.ts';
import { type Page, type PageRequest, readPage } from './pages.ts';
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

/** ListPolicies, in the order of their names; of two with one name that of AWS comes first. */
export async function listPolicies(
  iam: Iam,
  accountId: string,
  request: PolicyListRequest,
): Promise<Page<PolicyInUse>> {
  return readPage(
    request,
    async (after, limit) => {
      const managed = request.scope === 'Local' ? [] : await awsPolicies(iam, accountId, request);
      const own = request.scope === 'AWS' ? [] : await ownPolicies(iam, accountId, request, { after, limit });
      return [...managed, ...own]
        .filter((policy) => keyOf(policy) > after)
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
        .slice(0, limit);
    },
    keyOf,
  );
}

/** No name holds a space, so keys are in the order of names. */
const keyOf = ({ name, scope }: ManagedPolicy): string => `${name.toLowerCase()} ${scope}`;

async function awsPolicies(iam: Iam, accountId: string, request: PolicyListRequest): Promise<PolicyInUse[]> {
  const managed = listAwsManagedPolicies().filter(({ path }) => path.startsWith(request.pathPrefix ?? '/'));
  const rows = await iam.store.query<UsesRow & { arn: string }>(
    `SELECT p.arn, ${USES} FROM unnest($2::text[]) AS p (arn)`,
    [accountId, managed.map(({ arn }) => arn)],
  );
  const uses = new Map(rows.map((row) => [row.arn, row]));
  return managed
    .map((policy) => inUse(policy, uses.get(policy.arn)))
    .filter(({ attachmentCount, boundaryCount }) => {
      if (request.usage === 'PermissionsPolicy') return attachmentCount > 0;
      if (request.usage === 'PermissionsBoundary') return boundaryCount > 0;
      return request.onlyAttached !== true || attachmentCount + boundaryCount > 0;
    });
}

/** The account's policies from the one that `after` names, itself included, so that a page costs what it shows. */
async function ownPolicies(
  iam: Iam,
  accountId: string,
  request: PolicyListRequest,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<PolicyInUse[]> {
  const isAttached = request.usage === 'PermissionsPolicy';
  const isBoundary = request.usage === 'PermissionsBoundary';
  const isEither = request.onlyAttached === true && request.usage === undefined;
  const rows = await iam.store.query<PolicyRow & UsesRow>(
    `SELECT ${POLICY_COLUMNS}, ${USES} FROM keyshift.iam_policies p
     WHERE account_id = $1 AND folded >= $2 AND starts_with(path, $3)
       AND (NOT $4 OR ${ATTACHED}) AND (NOT $5 OR ${BOUNDING}) AND (NOT $6 OR ${ATTACHED} OR ${BOUNDING})
     ORDER BY folded LIMIT $7`,
    [
      accountId,
      after.slice(0, Math.max(0, after.lastIndexOf(' '))),
      request.pathPrefix ?? '/',
      isAttached,
      isBoundary,
      isEither,
      limit + 1,
    ],
  );
  return rows.map((row) => inUse(policyOf(row), row));
}

interface UsesRow {
  attachments: number;
  boundaries: number;
}

const USES = `
  (SELECT count(*)::int FROM keyshift.iam_policy_attachments a
   WHERE a.account_id = $1 AND a.policy_arn = p.arn) AS attachments,
  (SELECT count(*)::int FROM keyshift.iam_users u WHERE u.account_id = $1 AND u.boundary_arn = p.arn)
    + (SELECT count(*)::int FROM keyshift.iam_roles r WHERE r.account_id = $1 AND r.boundary_arn = p.arn) AS boundaries`;

const ATTACHED = `EXISTS (SELECT FROM keyshift.iam_policy_attachments a
  WHERE a.account_id = $1 AND a.policy_arn = p.arn)`;

const BOUNDING = `(EXISTS (SELECT FROM keyshift.iam_users u WHERE u.account_id = $1 AND u.boundary_arn = p.arn)
  OR EXISTS (SELECT FROM keyshift.iam_roles r WHERE r.account_id = $1 AND r.boundary_arn = p.arn))`;

function inUse(policy: ManagedPolicy, uses: UsesRow | undefined): PolicyInUse {
  return { ...policy, attachmentCount: uses?.attachments ?? 0, boundaryCount: uses?.boundaries ?? 0 };
}
