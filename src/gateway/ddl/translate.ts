import { SqlError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { KnownRoles, type RoleFacts } from './known-roles.ts';
import { type AlterUser, parseUserDdl, type Setting, type UserDdl } from './parse-user-ddl.ts';
import { checkNewGroupName, checkRoleName } from './role-names.ts';
import { splitStatements } from './split-statements.ts';
import { inOneBlockAs, inOneBlockHandling, quoteName, quoteText } from './sql-text.ts';
import { demote, SUPERUSER_ROLE } from './superuser.ts';
import { tokenize } from './tokenizer.ts';
import { translateAlterUser, translateCreateUser } from './translate-user.ts';

/**
 * Translates Redshift's user DDL inside a text of SQL; everything else stays byte for byte. This makes Redshift's
 * statements work, it does not guard anything: PostgreSQL's privileges decide who may run them, and statements in
 * PostgreSQL's own words (CREATE ROLE, ALTER ROLE, DROP ROLE, GRANT role) pass as they are.
 */

/** What is known of the session when the text arrives. */
export interface SessionFacts {
  /** The setting of that name, as the backend last reported it. */
  readonly standardConformingStrings: boolean;
  readonly roleFacts: (name: string) => Promise<RoleFacts>;
  /** The database user whose session it is. */
  readonly currentUser: string;
  readonly currentIsSuperuser: boolean;
  /** Whether the session runs under a role that stands for the user together with groups. */
  readonly underSessionRole: boolean;
}

export type Translation =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'rewritten'; readonly sql: string }
  | { readonly kind: 'refused'; readonly error: SqlError };

const UNCHANGED: Translation = { kind: 'unchanged' };

/** A keyword cannot be written in any other way, so a text without one of these words has no user DDL. */
export const USER_DDL_VERBS = ['create', 'alter', 'drop', 'grant'] as const;
const FIRST_WORD = new RegExp(`\\b(?:${USER_DDL_VERBS.join('|')})\\b`, 'i');
const SECOND_WORD = /\b(?:user|group)\b/i;

/**
 * Whether a text could hold user DDL. Costs a search for a few words; most texts are done with it. The length also
 * limits how many statements are translated and how many roles are asked for.
 */
export function mayHoldUserDdl(sql: string): boolean {
  return sql.length <= LIMITS.ddlStatementBytesMax && FIRST_WORD.test(sql) && SECOND_WORD.test(sql);
}

/**
 * Translates the text of a Query, or the one statement of a Parse. A text that PostgreSQL will refuse, or that is not
 * understood with certainty, is unchanged. If one statement is refused, the whole text is: none of it should run.
 */
export async function translate(sql: string, session: SessionFacts): Promise<Translation> {
  if (!mayHoldUserDdl(sql)) return UNCHANGED;
  const tokens = tokenize(sql, session.standardConformingStrings);
  const statements = tokens === undefined ? undefined : splitStatements(tokens);
  if (statements === undefined) return UNCHANGED;
  const roles = new KnownRoles(session.roleFacts);
  let rewritten = '';
  let copiedTo = 0;
  try {
    for (const statement of statements) {
      const ddl = parseUserDdl(statement, sql);
      const instead = ddl === undefined ? undefined : await translateOne(ddl, roles, session);
      if (instead === undefined) continue;
      rewritten += sql.slice(copiedTo, statement[0].start) + instead;
      copiedTo = (statement.at(-1) ?? statement[0]).end;
    }
  } catch (error) {
    if (error instanceof SqlError) return { kind: 'refused', error };
    throw error;
  }
  return copiedTo === 0 ? UNCHANGED : { kind: 'rewritten', sql: rewritten + sql.slice(copiedTo) };
}

/** The statement to run instead, or undefined to let it stand. Throws SqlError for one that is refused. */
async function translateOne(
  ddl: UserDdl,
  roles: KnownRoles,
  session: SessionFacts,
): Promise<string | undefined> {
  switch (ddl.kind) {
    case 'create-user': {
      for (const name of [ddl.name, ...ddl.options.roleNames]) checkRoleName(name);
      const created = translateCreateUser(ddl.name, ddl.options);
      roles.became(ddl.name, created.facts);
      return created.sql;
    }
    case 'alter-user': {
      for (const name of [ddl.name, ddl.newName ?? ddl.name]) checkRoleName(name);
      const sql = await translateAlter(ddl, roles, session);
      if (ddl.newName !== undefined) roles.renamed(ddl.name, ddl.newName);
      return sql;
    }
    case 'create-group': {
      checkNewGroupName(ddl.name);
      for (const name of ddl.options.roleNames) checkRoleName(name);
      return translateCreateGroup(ddl);
    }
    case 'alter-group':
      for (const name of [ddl.name, ...ddl.members]) checkRoleName(name);
      return undefined;
    case 'rename-group':
      checkRoleName(ddl.name);
      checkNewGroupName(ddl.newName);
      return undefined;
    case 'drop': {
      for (const name of ddl.names) checkRoleName(name);
      const sql = await translateDrop(ddl, roles, session);
      for (const name of ddl.names) roles.dropped(name);
      return sql;
    }
    case 'alter-current-user':
      if (ddl.setting !== undefined) return setForCurrentUser(ddl.keyword, ddl.setting, session);
      throw new SqlError('0A000', 'ALTER USER needs the name of a user', {
        hint: `Write ${quoteName(session.currentUser)} instead of CURRENT_USER, CURRENT_ROLE or SESSION_USER.`,
      });
    case 'group-grant-option':
      throw new SqlError('0A000', 'grant options cannot be granted to a group', {
        hint: 'Grant to users, or leave out WITH GRANT OPTION.',
      });
    default:
      return ddl satisfies never;
  }
}

async function translateAlter(
  ddl: AlterUser,
  roles: KnownRoles,
  session: SessionFacts,
): Promise<string | undefined> {
  const { password, validUntil, redshiftForm } = ddl.options;
  const ofSelf = ddl.name === session.currentUser;
  // Most settings mean the same to PostgreSQL, unless one superuser alters another, or a session with groups its user.
  const isPlain =
    !redshiftForm &&
    password === undefined &&
    validUntil === undefined &&
    (ddl.newName === undefined || !session.currentIsSuperuser);
  if (isPlain && !(ofSelf ? session.underSessionRole : session.currentIsSuperuser)) return undefined;
  const altered = translateAlterUser(ddl, await roles.of(ddl.name), {
    ofSelf,
    bySuperuser: session.currentIsSuperuser,
    underSessionRole: session.underSessionRole,
  });
  roles.became(ddl.name, altered.facts);
  return altered.sql;
}

/** A session role is nobody's to keep settings for: they are its user's. */
function setForCurrentUser(
  keyword: string,
  { text, isRedshifts }: Setting,
  { currentUser, underSessionRole }: SessionFacts,
): string | undefined {
  if (underSessionRole) return inOneBlockAs(currentUser, [`ALTER USER ${quoteName(currentUser)} ${text}`]);
  return isRedshifts ? `ALTER USER ${keyword} ${text}` : undefined;
}

/**
 * Superusers become ordinary users first, whom the one who drops them may drop. Nobody can drop itself. What still
 * stands on a user or group is told in Redshift's words.
 * Source: Redshift Database Developer Guide, DROP USER, "Usage notes", and DROP GROUP.
 */
async function translateDrop(
  { what, names, ifExists }: UserDdl & { kind: 'drop' },
  roles: KnownRoles,
  session: SessionFacts,
): Promise<string | undefined> {
  if (!session.currentIsSuperuser) return undefined;
  const superusers: string[] = [];
  for (const name of new Set(names)) {
    if (name !== session.currentUser && (await roles.of(name)).superuser) superusers.push(name);
  }
  return inOneBlockHandling(
    [
      ...superusers.map((name) => demote(name, false)),
      `DROP ${what.toUpperCase()} ${ifExists ? 'IF EXISTS ' : ''}${names.map(quoteName).join(', ')}`,
    ],
    stillNeeded(what, names[0] ?? ''),
  );
}

/** PostgreSQL names the first role that is still needed, in English unless the server speaks another language. */
function stillNeeded(
  what: 'user' | 'group',
  first: string,
): { readonly declare: string; readonly when: string } {
  const name = `coalesce(pg_catalog.regexp_substr(said, '"(.*)"', 1, 1, '', 1), ${quoteText(first)})`;
  const reason = `CASE WHEN pg_catalog.regexp_like(needs, '^(owner of|[0-9]+ objects? in) ', 'n')
    THEN 'owns some object' ELSE 'has a privilege on some object' END`;
  return {
    declare: 'said text; needs text;',
    when: `dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, needs = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION USING ERRCODE = 'object_in_use', DETAIL = needs,
    MESSAGE = pg_catalog.concat('${what} "', ${name}, '" can''t be dropped because the ${what} ', ${reason});`,
  };
}

/** A group is a role that cannot log in, in the care of all superusers. What Redshift does not know of it passes. */
function translateCreateGroup({ name, options }: UserDdl & { kind: 'create-group' }): string | undefined {
  if (options.redshiftForm || options.password !== undefined) return undefined;
  const known = new Set(['in group', 'members', 'admin', 'sysid', 'createdb', 'inherit']);
  for (const key of options.given) if (!known.has(key)) return undefined;
  const words = ['CREATE GROUP', quoteName(name)];
  if (options.createDb !== undefined) words.push(options.createDb ? 'CREATEDB' : 'NOCREATEDB');
  words.push(
    ...options.native,
    `ADMIN ${[...(options.admins ?? []), SUPERUSER_ROLE].map(quoteName).join(', ')}`,
  );
  return words.join(' ');
}
