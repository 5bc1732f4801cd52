import { parsePolicyDocument } from '../policy/document.ts';
import type { IdentityStatement } from '../policy/document-model.ts';
import { awsManagedDocument } from './aws-managed-policies.ts';
import type { Entity, EntityKind } from './entities.ts';
import type { Iam } from './iam.ts';
import { requirePolicy } from './managed-policies.ts';
import { getPolicyVersion, versionIdOf } from './policy-versions.ts';

/** A policy that applies to an entity, with the services of which it allows at least something. */
export interface GrantingPolicy {
  readonly name: string;
  /** Undefined for an inline policy. */
  readonly arn: string | undefined;
  /** Whose inline policy it is. */
  readonly owner: { readonly kind: EntityKind; readonly name: string } | undefined;
  readonly grants: (serviceNamespace: string) => boolean;
}

interface Row {
  kind: EntityKind;
  owner: string;
  name: string | null;
  arn: string | null;
  document: string | null;
}

/** The entity's own policies, and of a user those of its groups; inline ones first. */
const QUERY = `
  WITH owners AS (
    SELECT $2 AS id, $3 AS kind, $4 AS name
    UNION ALL
    SELECT g.id, 'group', g.name FROM keyshift.iam_group_members m
    JOIN keyshift.iam_groups g ON g.account_id = $1 AND g.id = m.group_id
    WHERE m.account_id = $1 AND m.user_id = $2
  )
  SELECT o.kind, o.name AS owner, i.name, NULL AS arn, i.document
  FROM owners o JOIN keyshift.iam_inline_policies i ON i.account_id = $1 AND i.owner_id = o.id
  UNION ALL
  SELECT DISTINCT '' AS kind, '' AS owner, p.name, a.policy_arn, v.document
  FROM owners o JOIN keyshift.iam_policy_attachments a ON a.account_id = $1 AND a.owner_id = o.id
  LEFT JOIN keyshift.iam_policies p ON p.account_id = $1 AND p.arn = a.policy_arn
  LEFT JOIN keyshift.iam_policy_versions v
    ON v.account_id = $1 AND v.policy_id = p.id AND v.version = p.default_version`;

/** The policies that apply to a user, group or role. */
export async function grantingPolicies(
  iam: Iam,
  accountId: string,
  entity: Pick<Entity, 'id' | 'kind' | 'name'>,
): Promise<GrantingPolicy[]> {
  const rows = await iam.store.query<Row>(QUERY, [accountId, entity.id, entity.kind, entity.name]);
  return rows.map((row) => {
    const document = row.document ?? awsManagedDocument(row.arn ?? '') ?? '';
    return {
      name: row.name ?? row.arn?.slice(row.arn.lastIndexOf('/') + 1) ?? '',
      arn: row.arn ?? undefined,
      owner: row.arn === null ? { kind: row.kind, name: row.owner } : undefined,
      grants: grantsOf(document),
    };
  });
}

/** Of which services one managed policy allows something. Throws NoSuchEntity. */
export async function grantsOfPolicy(
  iam: Iam,
  accountId: string,
  arn: string,
): Promise<GrantingPolicy['grants']> {
  const policy = await requirePolicy(iam.store, accountId, arn);
  const version = await getPolicyVersion(iam, accountId, arn, versionIdOf(policy.defaultVersion));
  return grantsOf(version.document);
}

/** Whether a document allows at least one action of a service, whatever it says of resources and conditions. */
function grantsOf(document: string): (serviceNamespace: string) => boolean {
  const allows = parsePolicyDocument(document, 'identity').statements.filter(
    ({ effect }) => effect === 'Allow',
  );
  return (namespace) => allows.some((statement) => touches(statement, namespace));
}

function touches({ actions }: IdentityStatement, namespace: string): boolean {
  if (actions.negated) {
    return !actions.values.some((action) => action === '*' || action.toLowerCase() === `${namespace}:*`);
  }
  return actions.values.some((action) => {
    const [service = ''] = action.toLowerCase().split(':');
    return service === '*' || service === namespace;
  });
}
