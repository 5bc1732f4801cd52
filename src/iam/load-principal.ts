import { strict as assert } from 'node:assert';
import { dropOldest } from '../core/drop-oldest.ts';
import { type CompiledPolicy, compilePolicy, type PolicySource } from '../policy/compile.ts';
import { parsePolicyDocument } from '../policy/document.ts';
import type { Database } from '../store/database.ts';
import { awsManagedDocument } from './aws-managed-policies.ts';
import { ENTITY_KINDS } from './entities.ts';
import { foldTagKey } from './tags.ts';

/** Reads a user, a role or the root user with everything that decides what it may do. */
export interface Grants {
  readonly kind: 'user' | 'role' | 'root';
  readonly accountId: string;
  /** Empty for the root user, as its name is. */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Values by tag key, folded by `foldTagKey`. */
  readonly tags: ReadonlyMap<string, string>;
  readonly identity: readonly CompiledPolicy[] | 'everything';
  readonly boundary: CompiledPolicy | undefined;
  /** What limits everybody in the account. */
  readonly guardrail: CompiledPolicy | undefined;
  /** Sessions that were issued up to this instant are over. */
  readonly sessionsEndedAt: Date | undefined;
}

/** Compiled documents, each some kilobytes. A version of a policy never changes. */
const COMPILED_MAX = 2_000;

/** Compiles each version of a managed policy, and each policy of a group, once for all who have it. */
export class CompiledPolicies {
  readonly #compiled = new Map<string, CompiledPolicy>();

  /** `key` names one document for ever. */
  compile(key: string, source: PolicySource, document: string): CompiledPolicy {
    const found = this.#compiled.get(key);
    if (found !== undefined) return found;
    const compiled = compileDocument(source, document);
    dropOldest(this.#compiled, COMPILED_MAX);
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

type Row =
  | { kind: 'owner'; a: string; b: string; c: string | null; d: null }
  | { kind: 'tag'; a: string; b: string; c: null; d: null }
  | { kind: 'guardrail'; a: string; b: string; c: null; d: null }
  | { kind: 'inline'; a: string; b: string; c: string; d: null }
  | { kind: 'managed' | 'boundary'; a: string; b: string | null; c: string | null; d: string | null };

/**
 * One statement, so that all of it is of one moment. Columns by kind of row: owner (name, path, end of sessions),
 * tag (key, value), guardrail (id, document), inline policy (owner, name, document), managed policy or boundary
 * (ARN, id, version, document).
 * A role is in no group, so its owners are itself.
 */
const queryOf = (kind: 'user' | 'role'): string => `
  WITH person AS (SELECT * FROM ${ENTITY_KINDS[kind].table} WHERE account_id = $1 AND id = $2),
  owners AS (
    SELECT id, '${kind}/' || name AS label FROM person
    UNION ALL
    SELECT g.id, 'group/' || g.name
    FROM keyshift.iam_group_members m JOIN keyshift.iam_groups g ON g.account_id = $1 AND g.id = m.group_id
    WHERE m.account_id = $1 AND m.user_id = $2
  ),
  managed AS (
    SELECT 'managed' AS kind, a.policy_arn
    FROM owners o JOIN keyshift.iam_policy_attachments a ON a.account_id = $1 AND a.owner_id = o.id
    UNION
    SELECT 'boundary', boundary_arn FROM person WHERE boundary_arn IS NOT NULL
  )
  SELECT 'owner' AS kind, name AS a, path AS b, (extract(epoch FROM sessions_ended_at) * 1000)::text AS c, NULL AS d FROM person
  UNION ALL
  SELECT 'tag', t.key, t.value, NULL, NULL
  FROM person p JOIN keyshift.iam_tags t ON t.account_id = $1 AND t.owner_id = p.id
  UNION ALL
  SELECT 'guardrail', id, document, NULL, NULL FROM keyshift.iam_guardrails WHERE account_id = $1
  UNION ALL
  SELECT 'inline', o.label, i.name, i.document, NULL
  FROM owners o JOIN keyshift.iam_inline_policies i ON i.account_id = $1 AND i.owner_id = o.id
  UNION ALL
  SELECT m.kind, m.policy_arn, p.id, v.version::text, v.document
  FROM managed m
  LEFT JOIN keyshift.iam_policies p ON p.account_id = $1 AND p.arn = m.policy_arn
  LEFT JOIN keyshift.iam_policy_versions v
    ON v.account_id = $1 AND v.policy_id = p.id AND v.version = p.default_version`;

const QUERIES = { user: queryOf('user'), role: queryOf('role') } as const;

/**
 * The user or role with this unique id, or undefined when it is gone. Throws when one of its policies cannot be read:
 * a policy that is left out might be the one that denies.
 */
export async function loadGrants(
  database: Database,
  compiled: CompiledPolicies,
  kind: 'user' | 'role',
  accountId: string,
  id: string,
): Promise<Grants | undefined> {
  const rows = await database.query<Row>(QUERIES[kind], [accountId, id]);
  let sessionsEndedAt: Date | undefined;
  let name: string | undefined;
  let path = '/';
  const tags = new Map<string, string>();
  const identity: CompiledPolicy[] = [];
  let boundary: CompiledPolicy | undefined;
  let guardrail: CompiledPolicy | undefined;
  for (const row of rows) {
    switch (row.kind) {
      case 'owner':
        name = row.a;
        path = row.b;
        sessionsEndedAt = row.c === null ? undefined : new Date(Number(row.c));
        break;
      case 'tag':
        tags.set(foldTagKey(row.a), row.b);
        break;
      case 'guardrail':
        guardrail = compileGuardrail(compiled, row.a, row.b);
        break;
      case 'inline':
        identity.push(compileInline(compiled, row.a, row.b, row.c));
        break;
      case 'managed':
        identity.push(compileManaged(compiled, row.a, row));
        break;
      case 'boundary':
        boundary = compileManaged(compiled, row.a, row);
        break;
      default:
        return row satisfies never;
    }
  }
  if (name === undefined) return undefined;
  return { kind, accountId, id, name, path, tags, identity, boundary, guardrail, sessionsEndedAt };
}

/** The root user of an account with the account's guardrail. Throws as `loadGrants` does. */
export async function loadRoot(
  database: Database,
  compiled: CompiledPolicies,
  accountId: string,
): Promise<Grants> {
  const [row] = await database.query<{ id: string; document: string }>(
    'SELECT id, document FROM keyshift.iam_guardrails WHERE account_id = $1',
    [accountId],
  );
  return {
    kind: 'root',
    accountId,
    id: '',
    name: '',
    path: '/',
    tags: new Map(),
    identity: 'everything',
    boundary: undefined,
    guardrail: row && compileGuardrail(compiled, row.id, row.document),
    sessionsEndedAt: undefined,
  };
}

export function compileGuardrail(compiled: CompiledPolicies, id: string, document: string): CompiledPolicy {
  return compiled.compile(`guardrail/${id}`, { kind: 'guardrail', id: 'guardrail' }, document);
}

/** The document of a managed policy: of the version in force, or the one that AWS wrote. */
export function compileManaged(
  compiled: CompiledPolicies,
  arn: string,
  row: { readonly b: string | null; readonly c: string | null; readonly d: string | null },
): CompiledPolicy {
  const document = row.d ?? awsManagedDocument(arn);
  assert(document !== undefined, `the attached policy ${arn} has no document`);
  const key = row.b === null ? arn : `${row.b}/${row.c}`;
  return compiled.compile(key, { kind: 'managed', id: arn }, document);
}

/** A group's policy is shared by its members. `owner` is `user/name`, `role/name` or `group/name`. */
function compileInline(
  compiled: CompiledPolicies,
  owner: string,
  name: string,
  document: string,
): CompiledPolicy {
  const source: PolicySource = { kind: 'inline', id: `${owner}/${name}` };
  if (!owner.startsWith('group/')) return compileDocument(source, document);
  return compiled.compile(`${source.id}\n${document}`, source, document);
}

/** Throws `MalformedPolicy` for a document that should not have been stored. */
export function compileDocument(source: PolicySource, document: string): CompiledPolicy {
  return compilePolicy(parsePolicyDocument(document, 'identity'), { ...source, text: document });
}

/**
 * The managed policies with these ARNs, as they are now; undefined when one of them is gone, because then it is
 * not known what they would have limited a session to.
 */
export async function loadManagedPolicies(
  database: Database,
  compiled: CompiledPolicies,
  accountId: string,
  arns: readonly string[],
): Promise<readonly CompiledPolicy[] | undefined> {
  if (arns.length === 0) return [];
  const rows = await database.query<{ a: string; b: string | null; c: string | null; d: string | null }>(
    `SELECT w.arn AS a, p.id AS b, v.version::text AS c, v.document AS d
     FROM unnest($2::text[]) AS w (arn)
     LEFT JOIN keyshift.iam_policies p ON p.account_id = $1 AND p.arn = w.arn
     LEFT JOIN keyshift.iam_policy_versions v
       ON v.account_id = $1 AND v.policy_id = p.id AND v.version = p.default_version`,
    [accountId, arns],
  );
  if (rows.some(({ a, d }) => d === null && awsManagedDocument(a) === undefined)) return undefined;
  return rows.map((row) => compileManaged(compiled, row.a, row));
}
