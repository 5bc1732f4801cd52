import { isJsonArray, isJsonObject, JsonNumber, type JsonValue, readJson } from '../policy/json.ts';
import type { Database } from '../store/database.ts';
import { ENTITY_KINDS } from './entities.ts';
import { malformedPolicy } from './iam-errors.ts';

/**
 * Principals of trust policies: a user or role is stored by its unique id and shown by its present ARN. Who was
 * deleted is shown by the id, and whoever has that name later is not trusted.
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */

const ACCOUNT = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/;
const ENTITY = /^arn:aws:iam::(\d{12}):(user|role)(\/(?:.*\/)?)([^/]+)$/;
const SESSION = /^arn:aws:sts::(\d{12}):(?:assumed-role|federated-user)\/.+$/;
const UNIQUE_ID = /^(AIDA|AROA)[A-Z0-9]{12,}$/;

/**
 * The document as it is stored. `document` has been checked to be a trust policy.
 * Throws MalformedPolicyDocument for an account, user or role that does not exist.
 */
export async function storedTrustPolicy(database: Database, document: string): Promise<string> {
  const root = readJson(document);
  const replacements = new Map<string, string>();
  for (const name of awsPrincipals(root)) replacements.set(name, await storedPrincipal(database, name));
  return writeJson(withPrincipals(root, replacements));
}

/** Documents as they are shown, from what is stored. One query for all of them. */
export async function shownTrustPolicies(
  database: Database,
  documents: readonly string[],
): Promise<readonly string[]> {
  const roots = documents.map(readJson);
  const ids = new Set(roots.flatMap(awsPrincipals).filter((name) => UNIQUE_ID.test(name)));
  if (ids.size === 0) return documents;
  const arns = await arnsById(database, [...ids]);
  return roots.map((root) => writeJson(withPrincipals(root, arns)));
}

async function storedPrincipal(database: Database, name: string): Promise<string> {
  const stored = await findPrincipal(database, name);
  if (stored !== undefined) return stored;
  throw malformedPolicy(`Invalid principal in policy: "AWS":"${name}"`);
}

/** Undefined when there is no such account, user or role. */
async function findPrincipal(database: Database, name: string): Promise<string | undefined> {
  if (name === '*') return name;
  const [, account] = ACCOUNT.exec(name) ?? [];
  if (account !== undefined) {
    return (await accountExists(database, account)) ? `arn:aws:iam::${account}:root` : undefined;
  }
  const [, sessionAccount] = SESSION.exec(name) ?? [];
  if (sessionAccount !== undefined) return (await accountExists(database, sessionAccount)) ? name : undefined;
  if (UNIQUE_ID.test(name)) return (await arnsById(database, [name])).has(name) ? name : undefined;
  const [, accountId, kind, path, entityName] = ENTITY.exec(name) ?? [];
  if (kind === undefined) return undefined;
  const [row] = await database.query<{ id: string }>(
    `SELECT id FROM ${ENTITY_KINDS[kind === 'user' ? 'user' : 'role'].table}
     WHERE account_id = $1 AND folded = lower($3 COLLATE "C") AND path = $2 AND name = $3`,
    [accountId, path, entityName],
  );
  return row?.id;
}

async function accountExists(database: Database, accountId: string): Promise<boolean> {
  const rows = await database.query('SELECT 1 FROM keyshift.accounts WHERE account_id = $1', [accountId]);
  return rows.length > 0;
}

/** The ARNs that users and roles of any account have now. Ids of deleted ones are not in it. */
async function arnsById(database: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await database.query<{ id: string; account_id: string; path: string; name: string }>(
    `SELECT id, account_id, path, name FROM keyshift.iam_users WHERE id = ANY($1)
     UNION ALL SELECT id, account_id, path, name FROM keyshift.iam_roles WHERE id = ANY($1)`,
    [ids],
  );
  return new Map(
    rows.map(({ id, account_id: accountId, path, name }) => {
      const kind = id.startsWith('AIDA') ? 'user' : 'role';
      return [id, ENTITY_KINDS[kind].arnOf(accountId, path, name)];
    }),
  );
}

/** The AWS principals of every statement. */
function awsPrincipals(root: JsonValue): string[] {
  return statementsOf(root).flatMap((statement) => {
    const principal = isJsonObject(statement) ? statement.get('Principal') : undefined;
    const names = isJsonObject(principal) ? principal.get('AWS') : undefined;
    return listOf(names).filter((name) => typeof name === 'string');
  });
}

/** A copy in which AWS principals are replaced as the map says. */
function withPrincipals(root: JsonValue, replacements: ReadonlyMap<string, string>): JsonValue {
  const replaced = (name: JsonValue) => (typeof name === 'string' ? (replacements.get(name) ?? name) : name);
  const inStatement = (statement: JsonValue) =>
    withMember(statement, 'Principal', (principal) =>
      withMember(principal, 'AWS', (names) => (isJsonArray(names) ? names.map(replaced) : replaced(names))),
    );
  return withMember(root, 'Statement', (statements) =>
    isJsonArray(statements) ? statements.map(inStatement) : inStatement(statements),
  );
}

function withMember(value: JsonValue, key: string, change: (member: JsonValue) => JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  return new Map([...value].map(([name, member]) => [name, name === key ? change(member) : member]));
}

function statementsOf(root: JsonValue): readonly JsonValue[] {
  return isJsonObject(root) ? listOf(root.get('Statement')) : [];
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return [];
  return isJsonArray(value) ? value : [value];
}

/** Compact JSON, with numbers as they were written and characters that documents may not hold escaped. */
function writeJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (isJsonArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (isJsonObject(value)) {
    return `{${[...value].map(([key, member]) => `${writeJson(key)}:${writeJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value).replaceAll(
    /[^\t\n\r\u0020-\u00ff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
