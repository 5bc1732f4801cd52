import { strict as assert } from 'node:assert';
import { roleArn, rootArn, userArn } from '../core/arn.ts';
import { actionApplies, compileResourcePolicy, type PolicySource } from '../policy/compile.ts';
import { parsePolicyDocument } from '../policy/document.ts';
import { AccountIndex, type IndexedPrincipal, type PolicyUse } from '../policy/who-can/account-index.ts';
import { type PreparedPolicy, preparePolicy } from '../policy/who-can/atoms.ts';
import type { UnknownOf } from '../policy/who-can/unknown.ts';
import type { Database } from '../store/database.ts';
import { awsManagedDocument } from './aws-managed-policies.ts';
import { ownSessionUnknowns, roleSessionUnknowns } from './session-unknowns.ts';
import { foldTagKey } from './tags.ts';
import { shownTrustPolicies } from './trust-principals.ts';

/** Reads everybody in an account with everything that decides what they may do. */

type Row =
  | { kind: 'user' | 'role'; a: string; b: string; c: string; d: string | null }
  | { kind: 'trust'; a: string; b: string; c: null; d: null }
  | { kind: 'group' | 'member' | 'attachment'; a: string; b: string; c: null; d: null }
  | { kind: 'tag' | 'inline'; a: string; b: string; c: string; d: null }
  | { kind: 'policy'; a: string; b: string; c: null; d: null }
  | { kind: 'guardrail'; a: string; b: null; c: null; d: null };

/**
 * One statement, so that all of it is of one moment. Columns by kind of row: user and role (id, name, path, boundary),
 * trust (role, trust policy), group (id, name), member (group, user), attachment (owner, policy's ARN), tag (owner, key, value), inline policy (owner,
 * name, document), policy (ARN, document in force), guardrail (document).
 */
const QUERY = `
  SELECT 'user' AS kind, id AS a, name AS b, path AS c, boundary_arn AS d FROM keyshift.iam_users WHERE account_id = $1
  UNION ALL
  SELECT 'role', id, name, path, boundary_arn FROM keyshift.iam_roles WHERE account_id = $1
  UNION ALL
  SELECT 'trust', id, trust_policy, NULL, NULL FROM keyshift.iam_roles WHERE account_id = $1
  UNION ALL
  SELECT 'group', id, name, NULL, NULL FROM keyshift.iam_groups WHERE account_id = $1
  UNION ALL
  SELECT 'member', group_id, user_id, NULL, NULL FROM keyshift.iam_group_members WHERE account_id = $1
  UNION ALL
  SELECT 'attachment', owner_id, policy_arn, NULL, NULL FROM keyshift.iam_policy_attachments WHERE account_id = $1
  UNION ALL
  SELECT 'tag', owner_id, key, value, NULL FROM keyshift.iam_tags WHERE account_id = $1
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
 * The index of an account, for questions from `at` on. Throws when one of its policies cannot be read: a policy that
 * is left out might be the one that denies.
 */
export async function loadAccount(database: Database, accountId: string, at: Date): Promise<AccountIndex> {
  const facts = new Facts(await database.query<Row>(QUERY, [accountId]));
  const ownSession = ownSessionUnknowns(at);
  const shown = await shownTrustPolicies(database, [...facts.trustOf.values()]);
  const trusts = new Map([...facts.trustOf.keys()].map((id, place) => [id, trustOf(shown[place] ?? '')]));
  const others = [
    ...facts.users.map((user) => userOf(accountId, user, facts, ownSession)),
    ...facts.roles.flatMap((role) => roleOf(accountId, role, facts, trusts.get(role.a), at)),
  ];
  const principals = [rootOf(accountId, ownSession), ...others.sort((a, b) => (a.arn < b.arn ? -1 : 1))];
  return new AccountIndex({ principals, guardrail: facts.guardrail });
}

type OwnerRow = Extract<Row, { kind: 'user' | 'role' }>;

/** Who may become a role. */
interface Trust {
  readonly principals: readonly string[];
  readonly mayTag: boolean;
}

const TAG_SESSION = { action: 'sts:tagsession', resource: '', context: new Map<string, readonly string[]>() };

function trustOf(document: string): Trust {
  const parsed = parsePolicyDocument(document, 'trust');
  const { statements } = compileResourcePolicy(parsed, { kind: 'resource', id: 'trust' });
  const principals = parsed.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) => statement.principals.map(({ name }) => name));
  return {
    principals: [...new Set(principals)],
    mayTag: statements.some(
      (statement) => statement.effect === 'Allow' && actionApplies(statement, TAG_SESSION),
    ),
  };
}

/** The rows by what they are of. */
class Facts {
  readonly users: OwnerRow[] = [];
  readonly roles: OwnerRow[] = [];
  readonly trustOf = new Map<string, string>();
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
      case 'role':
        this.roles.push(row);
        break;
      case 'trust':
        this.trustOf.set(row.a, row.b);
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

  /** The same as a principal has them that owns them. */
  uses(ownerId: string): readonly PolicyUse[] {
    return this.policiesOf(ownerId).map((policy) => ({ policy, group: undefined }));
  }

  boundaryOf({ d: arn }: OwnerRow): PreparedPolicy | undefined {
    return arn === null ? undefined : this.managed(arn);
  }

  /** The condition keys of an owner's tags. */
  tagKeys(ownerId: string): readonly (readonly [string, readonly string[]])[] {
    return (this.tagsOf.get(ownerId) ?? []).map(([key, value]) => [
      `aws:principaltag/${foldTagKey(key)}`,
      [value],
    ]);
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

function rootOf(accountId: string, unknownOf: UnknownOf): IndexedPrincipal {
  return {
    kind: 'root',
    arn: rootArn(accountId),
    keys: new Map([
      ['aws:userid', [accountId]],
      ['aws:principalarn', [rootArn(accountId)]],
      ['aws:principaltype', ['Account']],
    ]),
    unknownOf,
    policies: [],
    boundary: undefined,
    trusts: [],
  };
}

function userOf(accountId: string, row: OwnerRow, facts: Facts, unknownOf: UnknownOf): IndexedPrincipal {
  const { a: id, b: name, c: path } = row;
  const arn = userArn(accountId, path, name);
  const ofGroups = (facts.groupsOf.get(id) ?? []).flatMap((groupId) =>
    facts.policiesOf(groupId).map((policy): PolicyUse => ({ policy, group: facts.groupNames.get(groupId) })),
  );
  return {
    kind: 'user',
    arn,
    keys: new Map<string, readonly string[]>([
      ['aws:username', [name]],
      ['aws:userid', [id]],
      ['aws:principalarn', [arn]],
      ['aws:principaltype', ['User']],
      ...facts.tagKeys(id),
    ]),
    unknownOf,
    policies: [...facts.uses(id), ...ofGroups],
    boundary: facts.boundaryOf(row),
    trusts: [],
  };
}

/** A role, as any of its sessions. One that lets nobody in is nobody. */
function roleOf(
  accountId: string,
  row: OwnerRow,
  facts: Facts,
  trust: Trust | undefined,
  at: Date,
): IndexedPrincipal[] {
  const { a: id, b: name, c: path } = row;
  if (trust === undefined || trust.principals.length === 0) return [];
  const arn = roleArn(accountId, path, name);
  const tags = new Map(facts.tagKeys(id));
  const session = { id, mayTag: trust.mayTag, hasTag: (key: string) => tags.has(key) };
  return [
    {
      kind: 'role',
      arn,
      keys: new Map<string, readonly string[]>([
        ['aws:principalarn', [arn]],
        ['aws:principaltype', ['AssumedRole']],
        ...tags,
      ]),
      unknownOf: roleSessionUnknowns(session, at),
      policies: facts.uses(id),
      boundary: facts.boundaryOf(row),
      trusts: trust.principals,
    },
  ];
}

function prepared(source: PolicySource, document: string): PreparedPolicy {
  return preparePolicy(parsePolicyDocument(document, 'identity'), source);
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
