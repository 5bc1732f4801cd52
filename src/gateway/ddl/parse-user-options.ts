import { quoteName } from './sql-text.ts';
import type { TokenCursor } from './token-cursor.ts';

/** The options of CREATE USER and ALTER USER: Redshift's and PostgreSQL's, in any order. */

export type Password =
  | { readonly kind: 'disable' }
  /** PostgreSQL's own `PASSWORD NULL`. */
  | { readonly kind: 'null' }
  | { readonly kind: 'text'; readonly text: string };

export interface UserOptions {
  password?: Password;
  createUser?: boolean;
  createDb?: boolean;
  validUntil?: string;
  /** A number as PostgreSQL takes it. */
  connectionLimit?: string;
  /** Seconds, or `reset` for the default. */
  sessionTimeout?: number | 'reset';
  /** Whether the user sees the rows of others in system tables. */
  syslogUnrestricted?: boolean;
  /** The user's name at an identity provider. */
  externalId?: string;
  /** Roles of PostgreSQL's own ADMIN clause. */
  admins?: readonly string[];
  /** Options that Redshift does not know and PostgreSQL takes as they are, ready to write. */
  readonly native: string[];
  /** Every role that the options name. */
  readonly roleNames: string[];
  /** Whether PostgreSQL itself would not take the options as they were written. */
  redshiftForm: boolean;
  /** What has been given: nothing may be given twice. */
  readonly given: Set<string>;
}

export function noOptions(): UserOptions {
  return { native: [], roleNames: [], redshiftForm: false, given: new Set() };
}

/** Attributes of PostgreSQL that come with and without NO before them. */
const NATIVE_ATTRIBUTES: ReadonlyMap<string, string> = new Map(
  ['superuser', 'createrole', 'inherit', 'login', 'replication', 'bypassrls'].flatMap((attribute) => [
    [attribute, attribute],
    [`no${attribute}`, attribute],
  ]),
);

/**
 * Reads one option into `options`. False if none comes next, or not as Redshift or PostgreSQL write it, or if it
 * is given twice: then the statement is for PostgreSQL to judge.
 */
export function parseUserOption(cursor: TokenCursor, options: UserOptions, of: 'create' | 'alter'): boolean {
  return parseRedshiftOption(cursor, options) || parseSharedOption(cursor, options, of);
}

function parseRedshiftOption(cursor: TokenCursor, options: UserOptions): boolean {
  for (const word of ['createuser', 'nocreateuser']) {
    if (!cursor.words(word)) continue;
    options.createUser = word === 'createuser';
    return redshiftOption(options, 'createuser');
  }
  if (cursor.words('syslog', 'access')) {
    options.syslogUnrestricted = cursor.words('unrestricted');
    return (options.syslogUnrestricted || cursor.words('restricted')) && redshiftOption(options, 'syslog');
  }
  if (cursor.words('session', 'timeout')) {
    const digits = cursor.digits();
    if (digits === undefined) return false;
    options.sessionTimeout = Number(digits);
    return redshiftOption(options, 'session timeout');
  }
  if (cursor.words('externalid')) {
    const externalId = cursor.name() ?? cursor.string();
    if (externalId === undefined) return false;
    options.externalId = externalId;
    return redshiftOption(options, 'externalid');
  }
  return false;
}

function parseSharedOption(cursor: TokenCursor, options: UserOptions, of: 'create' | 'alter'): boolean {
  for (const word of ['createdb', 'nocreatedb']) {
    if (!cursor.words(word)) continue;
    options.createDb = word === 'createdb';
    return once(options, 'createdb');
  }
  if (cursor.words('encrypted', 'password')) return parsePasswordText(cursor, options);
  if (cursor.words('password')) return parsePassword(cursor, options);
  if (cursor.words('valid', 'until')) {
    const validUntil = cursor.string();
    if (validUntil === undefined) return false;
    options.validUntil = validUntil;
    return once(options, 'valid until');
  }
  if (cursor.words('connection', 'limit')) return parseConnectionLimit(cursor, options);
  return parseNativeOption(cursor, options) || (of === 'create' && parseMembership(cursor, options));
}

function parsePassword(cursor: TokenCursor, options: UserOptions): boolean {
  if (cursor.words('disable')) {
    options.password = { kind: 'disable' };
    return redshiftOption(options, 'password');
  }
  if (cursor.words('null')) {
    options.password = { kind: 'null' };
    return once(options, 'password');
  }
  return parsePasswordText(cursor, options);
}

function parsePasswordText(cursor: TokenCursor, options: UserOptions): boolean {
  const text = cursor.string();
  if (text === undefined) return false;
  options.password = { kind: 'text', text };
  return once(options, 'password');
}

function parseConnectionLimit(cursor: TokenCursor, options: UserOptions): boolean {
  if (cursor.words('unlimited')) {
    options.connectionLimit = '-1';
    return redshiftOption(options, 'connection limit');
  }
  const sign = cursor.symbol('-') ? '-' : '';
  if (sign === '') cursor.symbol('+');
  const digits = cursor.digits();
  if (digits === undefined) return false;
  options.connectionLimit = sign + digits;
  return once(options, 'connection limit');
}

function parseNativeOption(cursor: TokenCursor, options: UserOptions): boolean {
  for (const [word, attribute] of NATIVE_ATTRIBUTES) {
    if (!cursor.words(word)) continue;
    options.native.push(word.toUpperCase());
    return once(options, attribute);
  }
  return false;
}

/** Clauses of CREATE that name other roles. IN GROUP is Redshift's too; the others are PostgreSQL's. */
function parseMembership(cursor: TokenCursor, options: UserOptions): boolean {
  if (cursor.words('sysid')) {
    const digits = cursor.digits();
    options.native.push(`SYSID ${digits}`);
    return digits !== undefined && once(options, 'sysid');
  }
  if (cursor.words('admin')) {
    const names = takeNames(cursor, options);
    if (names === undefined) return false;
    options.admins = names;
    return once(options, 'admin');
  }
  const [clause, key] =
    cursor.words('in', 'group') || cursor.words('in', 'role')
      ? ['IN GROUP', 'in group']
      : cursor.words('user') || cursor.words('role')
        ? ['ROLE', 'members']
        : [undefined, ''];
  if (clause === undefined) return false;
  const names = takeNames(cursor, options);
  if (names === undefined) return false;
  options.native.push(`${clause} ${names.map(quoteName).join(', ')}`);
  return once(options, key);
}

function takeNames(cursor: TokenCursor, options: UserOptions): string[] | undefined {
  const names = cursor.names();
  if (names !== undefined) options.roleNames.push(...names);
  return names;
}

function redshiftOption(options: UserOptions, key: string): boolean {
  options.redshiftForm = true;
  return once(options, key);
}

function once(options: UserOptions, key: string): boolean {
  if (options.given.has(key)) return false;
  options.given.add(key);
  return true;
}
