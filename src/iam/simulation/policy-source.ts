import { strict as assert } from 'node:assert';
import { AwsError } from '../../core/errors.ts';
import type { CompiledPolicy } from '../../policy/compile.ts';
import { MalformedPolicy } from '../../policy/malformed-policy.ts';
import type { Database } from '../../store/database.ts';
import { ENTITY_KINDS, type Entity, type EntityName, requireEntity } from '../entities.ts';
import type { Iam } from '../iam.ts';
import { invalidInput } from '../iam-errors.ts';
import {
  CompiledPolicies,
  compileDocument,
  compileGuardrail,
  compileManaged,
  type Grants,
  loadGrants,
} from '../load-principal.ts';
import { ownPrincipal, type Principal } from '../principal.ts';

/** The user, group or role whose policies are simulated, with these policies. */
export interface PolicyOwner {
  readonly entity: Entity;
  /** Who would call: the user, or a session of the role. Nobody calls as a group. */
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

/**
 * Throws NoSuchEntity, InvalidInput for an ARN of another account or of something else, and PolicyEvaluation if a
 * policy cannot be read, which is one that should not have been stored.
 */
export async function loadPolicyOwner(iam: Iam, accountId: string, arn: string): Promise<PolicyOwner> {
  const wanted = entityOfArn(arn);
  if (wanted.accountId !== accountId) {
    throw invalidInput(
      `Invalid Policy Source Arn: caller's account ${accountId} does not have access to policies in account ${wanted.accountId}`,
    );
  }
  const entity = await requireEntity(iam.store, accountId, wanted);
  try {
    return await loadPolicies(iam, accountId, entity);
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    const text = `A policy of the ${entity.kind} ${entity.name} cannot be evaluated.`;
    throw new AwsError('PolicyEvaluation', 500, text, { cause: error });
  }
}

async function loadPolicies(iam: Iam, accountId: string, entity: Entity): Promise<PolicyOwner> {
  const compiled = new CompiledPolicies();
  if (entity.kind === 'group') return loadGroup(iam.store, compiled, accountId, entity);
  const grants = await loadGrants(iam.store, compiled, entity.kind, accountId, entity.id);
  // It was there a moment ago.
  if (grants === undefined) throw ENTITY_KINDS[entity.kind].missing(entity.name);
  const { identity, boundary, guardrail } = grants;
  assert(identity !== 'everything', 'only the root user may do everything');
  return { entity, principal: callerOf(entity, grants), identity, boundary, guardrail };
}

/** The caller that has these grants: a user itself, or for a role a session of it, whose name is not known. */
function callerOf(entity: Entity, grants: Grants): Principal {
  const principal = ownPrincipal(grants);
  if (entity.kind === 'user') return principal;
  return { ...principal, kind: 'role', arn: entity.arn, userName: undefined };
}

interface Row {
  kind: 'inline' | 'managed' | 'guardrail';
  /** Name of an inline policy, id of a guardrail, else ARN. */
  a: string;
  /** Id and version of a customer's policy. */
  b: string | null;
  c: string | null;
  d: string | null;
}

/** A group, which has no boundary. Columns as those of the query for users. */
async function loadGroup(
  database: Database,
  compiled: CompiledPolicies,
  accountId: string,
  entity: Entity,
): Promise<PolicyOwner> {
  const rows = await database.query<Row>(
    `SELECT 'inline' AS kind, name AS a, NULL AS b, NULL AS c, document AS d
     FROM keyshift.iam_inline_policies WHERE account_id = $1 AND owner_id = $2
     UNION ALL
     SELECT 'guardrail', id, NULL, NULL, document FROM keyshift.iam_guardrails WHERE account_id = $1
     UNION ALL
     SELECT 'managed', a.policy_arn, p.id, v.version::text, v.document
     FROM keyshift.iam_policy_attachments a
     LEFT JOIN keyshift.iam_policies p ON p.account_id = $1 AND p.arn = a.policy_arn
     LEFT JOIN keyshift.iam_policy_versions v
       ON v.account_id = $1 AND v.policy_id = p.id AND v.version = p.default_version
     WHERE a.account_id = $1 AND a.owner_id = $2`,
    [accountId, entity.id],
  );
  const policies = (isWanted: (row: Row) => boolean): readonly CompiledPolicy[] =>
    rows.filter(isWanted).map((row) => compileRow(compiled, `group/${entity.name}`, row));
  const [guardrail] = policies(({ kind }) => kind === 'guardrail');
  const identity = policies(({ kind }) => kind !== 'guardrail');
  return { entity, principal: undefined, identity, boundary: undefined, guardrail };
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
