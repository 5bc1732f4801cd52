import type { LayerKind } from '../../policy/action-plans.ts';
import type { CompiledPolicy } from '../../policy/compile.ts';
import type { PolicySet } from '../../policy/policy-set.ts';
import type { Database } from '../../store/database.ts';
import { ENTITY_KINDS, type Entity, type EntityName, requireEntity } from '../entities.ts';
import type { Iam } from '../iam.ts';
import { invalidInput } from '../iam-errors.ts';
import {
  CompiledPolicies,
  compileDocument,
  compileGuardrail,
  compileManaged,
  loadGrants,
} from '../load-principal.ts';
import { ownPrincipal, type Principal } from '../principal.ts';

/** The user, group or role whose policies are simulated, with these policies. */
export interface PolicyOwner {
  readonly entity: Entity;
  /** Of a user: everything that its requests would be decided by. */
  readonly principal: Principal | undefined;
  readonly identity: readonly CompiledPolicy[];
  readonly boundary: CompiledPolicy | undefined;
  readonly guardrail: CompiledPolicy | undefined;
}

const ENTITY_ARN = /^arn:aws:iam::(\d{12}):(user|group|role)\/(?:[^*]*\/)?([^/]+)$/;

/**
 * The entity that an ARN names. The simulator goes by the name alone: names are unique, and another path finds the
 * same entity. Throws InvalidInput.
 */
export function entityOfArn(arn: string): EntityName & { readonly accountId: string } {
  const [, accountId, kind, name] = ENTITY_ARN.exec(arn) ?? [];
  if (accountId === undefined || name === undefined || !isEntityKind(kind)) {
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  }
  return { accountId, kind, name };
}

function isEntityKind(kind: string | undefined): kind is keyof typeof ENTITY_KINDS {
  return kind !== undefined && Object.hasOwn(ENTITY_KINDS, kind);
}

/** Throws NoSuchEntity, and InvalidInput for an ARN of another account or of something else. */
export async function loadPolicyOwner(iam: Iam, accountId: string, arn: string): Promise<PolicyOwner> {
  const wanted = entityOfArn(arn);
  if (wanted.accountId !== accountId) {
    throw invalidInput(
      `Invalid Policy Source Arn: caller's account ${accountId} does not have access to policies in account ${wanted.accountId}`,
    );
  }
  const entity = await requireEntity(iam.store, accountId, wanted);
  const compiled = new CompiledPolicies();
  if (entity.kind !== 'user')
    return { entity, principal: undefined, ...(await loadPolicies(iam.store, compiled, accountId, entity)) };
  const grants = await loadGrants(iam.store, compiled, 'user', accountId, entity.id);
  // It was there a moment ago.
  if (grants === undefined) throw ENTITY_KINDS.user.missing(entity.name);
  const principal = ownPrincipal(grants);
  const [boundary] = policiesOf(principal.policies, 'boundary');
  const [guardrail] = policiesOf(principal.policies, 'guardrail');
  return { entity, principal, identity: policiesOf(principal.policies, 'identity'), boundary, guardrail };
}

function policiesOf(set: PolicySet, kind: LayerKind): readonly CompiledPolicy[] {
  return set.layers.find((layer) => layer.kind === kind)?.policies ?? [];
}

interface Row {
  kind: 'inline' | 'managed' | 'boundary' | 'guardrail';
  /** Name of an inline policy, id of a guardrail, else ARN. */
  a: string;
  /** Id and version of a customer's policy. */
  b: string | null;
  c: string | null;
  d: string | null;
}

/** The policies of a group or role: a group has no boundary. Columns as those of the query for users. */
async function loadPolicies(
  database: Database,
  compiled: CompiledPolicies,
  accountId: string,
  { kind, id, name }: Entity,
): Promise<Pick<PolicyOwner, 'identity' | 'boundary' | 'guardrail'>> {
  const boundaryOf =
    kind === 'role'
      ? 'SELECT boundary_arn FROM keyshift.iam_roles WHERE account_id = $1 AND id = $2'
      : 'SELECT NULL';
  const rows = await database.query<Row>(
    `WITH managed AS (
       SELECT 'managed' AS kind, policy_arn FROM keyshift.iam_policy_attachments
       WHERE account_id = $1 AND owner_id = $2
       UNION ALL SELECT 'boundary', b.arn FROM (${boundaryOf}) AS b (arn) WHERE b.arn IS NOT NULL
     )
     SELECT 'inline' AS kind, name AS a, NULL AS b, NULL AS c, document AS d
     FROM keyshift.iam_inline_policies WHERE account_id = $1 AND owner_id = $2
     UNION ALL
     SELECT 'guardrail', id, NULL, NULL, document FROM keyshift.iam_guardrails WHERE account_id = $1
     UNION ALL
     SELECT m.kind, m.policy_arn, p.id, v.version::text, v.document
     FROM managed m
     LEFT JOIN keyshift.iam_policies p ON p.account_id = $1 AND p.arn = m.policy_arn
     LEFT JOIN keyshift.iam_policy_versions v
       ON v.account_id = $1 AND v.policy_id = p.id AND v.version = p.default_version`,
    [accountId, id],
  );
  const policies = (...kinds: readonly Row['kind'][]): readonly CompiledPolicy[] =>
    rows.filter((row) => kinds.includes(row.kind)).map((row) => compileRow(compiled, `${kind}/${name}`, row));
  const [boundary] = policies('boundary');
  const [guardrail] = policies('guardrail');
  return { identity: policies('inline', 'managed'), boundary, guardrail };
}

function compileRow(compiled: CompiledPolicies, owner: string, row: Row): CompiledPolicy {
  switch (row.kind) {
    case 'inline':
      return compileDocument({ kind: 'inline', id: `${owner}/${row.a}` }, row.d ?? '');
    case 'guardrail':
      return compileGuardrail(compiled, row.a, row.d ?? '');
    default:
      return compileManaged(compiled, row.a, row);
  }
}
