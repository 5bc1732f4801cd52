import { strict as assert } from 'node:assert';
import { userArn } from '../core/arn.ts';
import { type CompiledPolicy, compilePolicy, type PolicySource } from '../policy/compile.ts';
import { parsePolicyDocument } from '../policy/document.ts';
import { policySet } from '../policy/policy-set.ts';
import type { Database } from '../store/database.ts';
import { awsManagedDocument } from './aws-managed-policies.ts';
import { type Principal, rootPrincipal } from './principal.ts';
import { foldTagKey } from './tags.ts';

/** Reads a user or the root user with everything that decides what it may do. */

/** Compiled documents of managed policies, each some kilobytes. A version of a policy never changes. */
const COMPILED_MAX = 2_000;

/** Compiles each version of a managed policy once, for all who have it. */
export class CompiledPolicies {
  readonly #compiled = new Map<string, CompiledPolicy>();

  /** `key` names one document for ever. */
  compile(key: string, source: PolicySource, document: string): CompiledPolicy {
    const found = this.#compiled.get(key);
    if (found !== undefined) return found;
    const compiled = compileDocument(source, document);
    const [oldest] = this.#compiled.size >= COMPILED_MAX ? this.#compiled.keys() : [];
    if (oldest !== undefined) this.#compiled.delete(oldest);
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

type Row =
  | { kind: 'user'; a: string; b: string; c: null; d: null }
  | { kind: 'tag'; a: string; b: string; c: null; d: null }
  | { kind: 'guardrail'; a: string; b: string; c: null; d: null }
  | { kind: 'inline'; a: string; b: string; c: string; d: null }
  | { kind: 'managed' | 'boundary'; a: string; b: string | null; c: string | null; d: string | null };

/**
 * One statement, so that all of it is of one moment. Columns by kind of row: user (name, path), tag (key, value),
 * guardrail (id, document), inline policy (owner, name, document), managed policy or boundary (ARN, id, version, document).
 */
const QUERY = `
  WITH person AS (SELECT * FROM keyshift.iam_users WHERE account_id = $1 AND id = $2),
  owners AS (
    SELECT id, 'user/' || name AS label FROM person
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
  SELECT 'user' AS kind, name AS a, path AS b, NULL AS c, NULL AS d FROM person
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

/**
 * The user with this unique id, or undefined when it is gone. Throws when one of its policies cannot be read:
 * a policy that is left out might be the one that denies.
 */
export async function loadUser(
  database: Database,
  compiled: CompiledPolicies,
  accountId: string,
  userId: string,
): Promise<Principal | undefined> {
  const rows = await database.query<Row>(QUERY, [accountId, userId]);
  let name: string | undefined;
  let path = '/';
  const tags = new Map<string, string>();
  const identity: CompiledPolicy[] = [];
  let boundary: CompiledPolicy | undefined;
  let guardrail: CompiledPolicy | undefined;
  for (const row of rows) {
    switch (row.kind) {
      case 'user':
        name = row.a;
        path = row.b;
        break;
      case 'tag':
        tags.set(foldTagKey(row.a), row.b);
        break;
      case 'guardrail':
        guardrail = compileGuardrail(compiled, row.a, row.b);
        break;
      case 'inline':
        identity.push(compileDocument({ kind: 'inline', id: `${row.a}/${row.b}` }, row.c));
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
  return {
    kind: 'user',
    accountId,
    arn: userArn(accountId, path, name),
    userId,
    userName: name,
    tags,
    policies: policySet({ identity, boundary, guardrail }),
  };
}

/** The root user of an account with the account's guardrail. Throws as `loadUser` does. */
export async function loadRoot(
  database: Database,
  compiled: CompiledPolicies,
  accountId: string,
): Promise<Principal> {
  const [row] = await database.query<{ id: string; document: string }>(
    'SELECT id, document FROM keyshift.iam_guardrails WHERE account_id = $1',
    [accountId],
  );
  return rootPrincipal(accountId, row && compileGuardrail(compiled, row.id, row.document));
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

/** Throws `MalformedPolicy` for a document that should not have been stored. */
export function compileDocument(source: PolicySource, document: string): CompiledPolicy {
  return compilePolicy(parsePolicyDocument(document, 'identity'), { ...source, text: document });
}
