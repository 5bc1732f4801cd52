import { strict as assert } from 'node:assert';
import { rootArn, userArn } from '../core/arn.ts';
import type { PolicySource } from '../policy/compile.ts';
import { parsePolicyDocument } from '../policy/document.ts';
import { AccountIndex, type IndexedPrincipal, type PolicyUse } from '../policy/who-can/account-index.ts';
import { type PreparedPolicy, preparePolicy } from '../policy/who-can/atoms.ts';
import type { Database } from '../store/database.ts';
import { awsManagedDocument } from './aws-managed-policies.ts';
import { foldTagKey } from './tags.ts';

/** Reads everybody in an account with everything that decides what they may do. */

type Row =
  | { kind: 'user'; a: string; b: string; c: string; d: string | null }
  | { kind: 'group' | 'member' | 'attachment'; a: string; b: string; c: null; d: null }
  | { kind: 'tag' | 'inline'; a: string; b: string; c: string; d: null }
  | { kind: 'policy'; a: string; b: string; c: null; d: null }
  | { kind: 'guardrail'; a: string; b: null; c: null; d: null };

/**
 * One statement, so that all of it is of one moment. Columns by kind of row: user (id, name, path, boundary), group
 * (id, name), member (group, user), attachment (owner, policy's ARN), tag (owner, key, value), inline policy (owner,
 * name, document), policy (ARN, document in force), guardrail (document).
 */
const QUERY = `
  SELECT 'user' AS kind, id AS a, name AS b, path AS c, boundary_arn AS d FROM keyshift.iam_users WHERE account_id = $1
  UNION ALL
  SELECT 'group', id, name, NULL, NULL FROM keyshift.iam_groups WHERE account_id = $1
  UNION ALL
  SELECT 'member', group_id, user_id, NULL, NULL FROM keyshift.iam_group_members WHERE account_id = $1
  UNION ALL
  SELECT 'attachment', owner_id, policy_arn, NULL, NULL FROM keyshift.iam_policy_attachments WHERE account_id = $1
  UNION ALL
  SELECT 'tag', t.owner_id, t.key, t.value, NULL
  FROM keyshift.iam_tags t JOIN keyshift.iam_users u ON u.account_id = $1 AND u.id = t.owner_id WHERE t.account_id = $1
  UNION ALL
  SELECT 'inline', owner_id, name, document, NULL FROM keyshift.iam_inline_policies WHERE account_id = $1
  UNION ALL
  SELECT 'policy', p.arn, v.document, NULL, NULL
  FROM keyshift.iam_policies p JOIN keyshift.iam_policy_versions v
    ON v.account_id = $1 AND v.policy_id = p.id AND v.version = p.default_version
  WHERE p.account_id = $1
  UNION ALL
  SELECT 'guardrail', document, NULL, NULL, NULL FROM keyshift.iam_guardrails WHERE account_id = $1`;

/**
 * The index of an account. Throws when one of its policies cannot be read: a policy that is left out might be the
 * one that denies.
 */
export async function loadAccount(database: Database, accountId: string): Promise<AccountIndex> {
  const rows = await database.query<Row>(QUERY, [accountId]);
  return indexOf(accountId, rows);
}

function indexOf(accountId: string, rows: readonly Row[]): AccountIndex {
  const facts = new Facts(rows);
  const users = facts.users.map((user) => userOf(accountId, user, facts));
  const principals = [rootOf(accountId), ...users.sort((a, b) => (a.arn < b.arn ? -1 : 1))];
  return new AccountIndex({ principals, guardrail: facts.guardrail });
}

type UserRow = Extract<Row, { kind: 'user' }>;

/** The rows by what they are of. */
class Facts {
  readonly users: UserRow[] = [];
  readonly groupNames = new Map<string, string>();
  readonly groupsOf = new Map<string, string[]>();
  readonly tagsOf = new Map<string, (readonly [string, string])[]>();
  guardrail: PreparedPolicy | undefined;
  readonly #policiesOf = new Map<string, PreparedPolicy[]>();
  readonly #attachedTo = new Map<string, string[]>();
  readonly #documents = new Map<string, string>();
  readonly #managed = new Map<string, PreparedPolicy>();

  constructor(rows: readonly Row[]) {
    for (const row of rows) this.#take(row);
  }

  #take(row: Row): void {
    switch (row.kind) {
      case 'user':
        this.users.push(row);
        break;
      case 'group':
        this.groupNames.set(row.a, row.b);
        break;
      case 'member':
        add(this.groupsOf, row.b, row.a);
        break;
      case 'attachment':
        add(this.#attachedTo, row.a, row.b);
        break;
      case 'tag':
        add(this.tagsOf, row.a, [row.b, row.c]);
        break;
      case 'inline':
        add(this.#policiesOf, row.a, prepared({ kind: 'inline', id: row.b }, row.c));
        break;
      case 'policy':
        this.#documents.set(row.a, row.b);
        break;
      case 'guardrail':
        this.guardrail = prepared({ kind: 'guardrail', id: 'guardrail' }, row.a);
        break;
      default:
        row satisfies never;
    }
  }

  /** The policies that hang on a user or group. */
  policiesOf(ownerId: string): readonly PreparedPolicy[] {
    const attached = (this.#attachedTo.get(ownerId) ?? []).map((arn) => this.managed(arn));
    return [...(this.#policiesOf.get(ownerId) ?? []), ...attached];
  }

  /** A managed policy: prepared once for all who have it. */
  managed(arn: string): PreparedPolicy {
    const found = this.#managed.get(arn);
    if (found !== undefined) return found;
    const document = this.#documents.get(arn) ?? awsManagedDocument(arn);
    assert(document !== undefined, `the attached policy ${arn} has no document`);
    const made = prepared({ kind: 'managed', id: arn }, document);
    this.#managed.set(arn, made);
    return made;
  }
}

function rootOf(accountId: string): IndexedPrincipal {
  return {
    kind: 'root',
    arn: rootArn(accountId),
    keys: new Map([
      ['aws:userid', [accountId]],
      ['aws:principalarn', [rootArn(accountId)]],
      ['aws:principaltype', ['Account']],
    ]),
    unknownOf: () => undefined,
    policies: [],
    boundary: undefined,
  };
}

function userOf(
  accountId: string,
  { a: id, b: name, c: path, d: boundary }: UserRow,
  facts: Facts,
): IndexedPrincipal {
  const arn = userArn(accountId, path, name);
  const own = facts.policiesOf(id).map((policy): PolicyUse => ({ policy, group: undefined }));
  const ofGroups = (facts.groupsOf.get(id) ?? []).flatMap((groupId) =>
    facts.policiesOf(groupId).map((policy): PolicyUse => ({ policy, group: facts.groupNames.get(groupId) })),
  );
  const tags = (facts.tagsOf.get(id) ?? []).map(
    ([key, value]) => [`aws:principaltag/${foldTagKey(key)}`, [value]] as const,
  );
  return {
    kind: 'user',
    arn,
    keys: new Map<string, readonly string[]>([
      ['aws:username', [name]],
      ['aws:userid', [id]],
      ['aws:principalarn', [arn]],
      ['aws:principaltype', ['User']],
      ...tags,
    ]),
    unknownOf: () => undefined,
    policies: [...own, ...ofGroups],
    boundary: boundary === null ? undefined : facts.managed(boundary),
  };
}

function prepared(source: PolicySource, document: string): PreparedPolicy {
  return preparePolicy(parsePolicyDocument(document, 'identity'), source);
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
