import { settingNamed } from '../dialect/session-parameters.ts';
import { CURRENT_ROLE_KEYWORDS } from './keywords.ts';
import { noOptions, parseUserOption, type UserOptions } from './parse-user-options.ts';
import type { Statement } from './split-statements.ts';
import { TokenCursor } from './token-cursor.ts';

/**
 * Recognizes Redshift's statements about users and groups. Everything else is undefined: it belongs to
 * PostgreSQL, also when it is wrong. So is CREATE USER MAPPING FOR …, because FOR is no option of a user `mapping`.
 * Source: Redshift Database Developer Guide, CREATE USER, ALTER USER, DROP USER, CREATE GROUP, ALTER GROUP, DROP
 * GROUP, GRANT; PostgreSQL 18 manual, CREATE ROLE and ALTER ROLE.
 */
export type UserDdl =
  | { readonly kind: 'create-user'; readonly name: string; readonly options: UserOptions }
  | AlterUser
  | { readonly kind: 'create-group'; readonly name: string; readonly options: UserOptions }
  | { readonly kind: 'alter-group'; readonly name: string; readonly members: readonly string[] }
  | { readonly kind: 'rename-group'; readonly name: string; readonly newName: string }
  | {
      readonly kind: 'drop';
      readonly what: 'user' | 'group';
      readonly names: readonly string[];
      readonly ifExists: boolean;
    }
  /** ALTER USER CURRENT_USER … and its kin, with `SET …` or `RESET …` if it is that. */
  | { readonly kind: 'alter-current-user'; readonly keyword: string; readonly setting: Setting | undefined }
  /** GRANT … TO GROUP … WITH GRANT OPTION. */
  | { readonly kind: 'group-grant-option' };

export interface AlterUser {
  readonly kind: 'alter-user';
  readonly name: string;
  readonly options: UserOptions;
  readonly newName: string | undefined;
  readonly setting: Setting | undefined;
}

/** `SET …` or `RESET …`, as PostgreSQL takes it. */
export interface Setting {
  readonly text: string;
  /** Whether it is one that only Redshift has. */
  readonly isRedshifts: boolean;
}

/** `sql` is the text that the tokens were cut from. */
export function parseUserDdl(statement: Statement, sql: string): UserDdl | undefined {
  const cursor = new TokenCursor(statement);
  if (cursor.words('create', 'user')) return parseCreateUser(cursor);
  if (cursor.words('alter', 'user')) return parseAlterUser(cursor, sql);
  if (cursor.words('create', 'group')) return parseCreateGroup(cursor);
  if (cursor.words('alter', 'group')) return parseAlterGroup(cursor);
  if (cursor.words('drop', 'user')) return parseDrop(cursor, 'user');
  if (cursor.words('drop', 'group')) return parseDrop(cursor, 'group');
  if (cursor.words('grant')) return parseGrant(statement);
  return undefined;
}

function parseCreateUser(cursor: TokenCursor): UserDdl | undefined {
  const name = cursor.name();
  if (name === undefined) return undefined;
  const options = noOptions();
  cursor.words('with');
  while (!cursor.atEnd) {
    // Redshift's manual writes the options with commas between them.
    if (options.given.size > 0 && cursor.symbol(',')) options.redshiftForm = true;
    if (!parseUserOption(cursor, options, 'create')) return undefined;
  }
  return { kind: 'create-user', name, options };
}

function parseAlterUser(cursor: TokenCursor, sql: string): UserDdl | undefined {
  const first = cursor.peek;
  if (first?.kind === 'word' && CURRENT_ROLE_KEYWORDS.has(first.value))
    return parseAlterCurrentUser(cursor, sql);
  const name = cursor.name();
  if (name === undefined || cursor.words('in', 'database')) return undefined;
  const options = noOptions();
  let newName: string | undefined;
  let setting: Setting | undefined;
  let parts = 0;
  const saysWith = cursor.words('with');
  for (; !cursor.atEnd; parts++) {
    if (parts > 0 && cursor.symbol(',')) options.redshiftForm = true;
    if (cursor.words('rename', 'to')) {
      if (newName !== undefined) return undefined;
      newName = cursor.name();
      if (newName === undefined) return undefined;
    } else if (cursor.words('reset', 'session', 'timeout')) {
      if (options.sessionTimeout !== undefined) return undefined;
      options.sessionTimeout = 'reset';
      options.redshiftForm = true;
    } else if (isSetting(cursor)) {
      setting = settingOf(cursor, sql);
      if (setting.isRedshifts) options.redshiftForm = true;
    } else if (!parseUserOption(cursor, options, 'alter')) {
      return undefined;
    }
  }
  // PostgreSQL renames and sets alone, without WITH.
  if ((saysWith || parts > 1) && (newName ?? setting) !== undefined) options.redshiftForm = true;
  return { kind: 'alter-user', name, options, newName, setting };
}

/** PostgreSQL takes these words for a role, and so nothing but SET and RESET would hit its mark. */
function parseAlterCurrentUser(cursor: TokenCursor, sql: string): UserDdl | undefined {
  const keyword = cursor.anyWord() ?? '';
  if (cursor.words('in', 'database')) return undefined;
  return {
    kind: 'alter-current-user',
    keyword,
    setting: isSetting(cursor) ? settingOf(cursor, sql) : undefined,
  };
}

/** The text of all that follows: a list of values has no end of its own, so a setting takes everything. */
function settingOf(cursor: TokenCursor, sql: string): Setting {
  const { start, end } = cursor.rest() ?? { start: 0, end: 0 };
  const written = sql.slice(start, end);
  const text = written.replace(SETTING_NAME, (whole, before: string, name: string) => {
    const known = settingNamed(name.toLowerCase());
    return known === undefined ? whole : before + known;
  });
  return { text, isRedshifts: text !== written };
}

const SETTING_NAME = /^((?:set|reset)\s+)([a-z_]+)/i;

function isSetting(cursor: TokenCursor): boolean {
  const token = cursor.peek;
  return token?.kind === 'word' && (token.value === 'set' || token.value === 'reset');
}

function parseCreateGroup(cursor: TokenCursor): UserDdl | undefined {
  const name = cursor.name();
  if (name === undefined) return undefined;
  const options = noOptions();
  cursor.words('with');
  while (!cursor.atEnd) if (!parseUserOption(cursor, options, 'create')) return undefined;
  return { kind: 'create-group', name, options };
}

function parseAlterGroup(cursor: TokenCursor): UserDdl | undefined {
  const name = cursor.name();
  if (name === undefined) return undefined;
  if (cursor.words('rename', 'to')) {
    const newName = cursor.name();
    return newName !== undefined && cursor.atEnd ? { kind: 'rename-group', name, newName } : undefined;
  }
  if (!cursor.words('add', 'user') && !cursor.words('drop', 'user')) return undefined;
  const members = cursor.names();
  return members !== undefined && cursor.atEnd ? { kind: 'alter-group', name, members } : undefined;
}

function parseDrop(cursor: TokenCursor, what: 'user' | 'group'): UserDdl | undefined {
  const ifExists = cursor.words('if', 'exists');
  const names = cursor.names();
  return names !== undefined && cursor.atEnd ? { kind: 'drop', what, names, ifExists } : undefined;
}

/** Only what is certain: GRANT privileges ON … TO … GROUP g … WITH GRANT OPTION, with nothing after it. */
function parseGrant(statement: Statement): UserDdl | undefined {
  const words = statement.map((token) => (token.kind === 'word' ? token.value : ''));
  if (words.slice(-3).join(' ') !== 'with grant option' || !words.includes('on')) return undefined;
  const grantees = words.slice(words.lastIndexOf('to') + 1);
  return words.includes('to') && grantees.includes('group') ? { kind: 'group-grant-option' } : undefined;
}
