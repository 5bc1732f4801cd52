import { SqlError } from '../../core/errors.ts';
import type { RoleFacts } from './known-roles.ts';
import type { AlterUser } from './parse-user-ddl.ts';
import type { UserOptions } from './parse-user-options.ts';
import { acceptedPassword } from './password-rules.ts';
import { inOneBlock, inOneBlockAs, quoteName, quoteText } from './sql-text.ts';
import { demote, promote, SUPERUSER_ROLE, SYSLOG_ROLE } from './superuser.ts';

/**
 * Writes CREATE USER and ALTER USER as PostgreSQL 18 takes them. One option leaves no trace: VALID UNTIL of a user
 * whose password is disabled, because there it marks just that.
 * Source: Redshift Database Developer Guide, CREATE USER and ALTER USER; PostgreSQL 18 manual, CREATE ROLE.
 */

/** Seconds; Redshift Database Developer Guide, CREATE USER, parameter SESSION TIMEOUT. */
const SESSION_TIMEOUT_SECONDS_MIN = 60;
const SESSION_TIMEOUT_SECONDS_MAX = 1_728_000;

/**
 * No password, and none that is set later by a way around this translation works either: PostgreSQL refuses a
 * password that is no longer valid. Temporary logins do not ask for it.
 */
const PASSWORD_DISABLED = "PASSWORD NULL VALID UNTIL '-infinity'";
const PASSWORD_ENABLED = "VALID UNTIL 'infinity'";

/** What the comment on a role begins with whose user has an EXTERNALID; the system tables show the rest. */
const EXTERNAL_ID_MARK = 'EXTERNALID ';

/** What the options, checked, do to a user that may exist already. */
interface UserChange {
  readonly options: UserOptions;
  /** The password as PostgreSQL gets it, if the statement has one. */
  readonly passwordText: string | undefined;
  /** Whether the password is disabled before and after. */
  readonly wasDisabled: boolean;
  readonly isDisabled: boolean;
  readonly wasSuperuser: boolean;
  readonly isSuperuser: boolean;
}

export interface TranslatedUser<Sql = string> {
  readonly sql: Sql;
  /** What the user is afterwards. */
  readonly facts: RoleFacts;
}

/**
 * CREATE USER as one statement. A user without a password has a disabled one, because only a superuser may give it
 * the first. Throws SqlError for what Redshift or Keyshift refuses.
 */
export function translateCreateUser(name: string, written: UserOptions): TranslatedUser {
  const hasNoPassword = written.password === undefined && written.createUser !== true;
  const options: UserOptions = hasNoPassword ? { ...written, password: { kind: 'disable' } } : written;
  const change = checkedChange(name, options, { superuser: false, passwordDisabled: false });
  const words = ['CREATE USER', quoteName(name), ...createDbOption(change)];
  words.push(...writeOptions(change), ...options.native);
  const admins = [...(options.admins ?? []), ...(change.isSuperuser ? [] : [SUPERUSER_ROLE])];
  if (admins.length > 0) words.push(`ADMIN ${admins.map(quoteName).join(', ')}`);
  const statements = [words.join(' '), ...sessionTimeout(name, options)];
  if (options.syslogUnrestricted === true) statements.push(...syslogAccess(name, options));
  statements.push(...externalId(name, options));
  if (change.isSuperuser) statements.push(promote(name));
  const { isSuperuser: superuser, isDisabled: passwordDisabled } = change;
  return { sql: asOne(statements), facts: { exists: true, canLogin: true, superuser, passwordDisabled } };
}

/** Who runs ALTER USER. */
export interface Alterer {
  /** The very user that is altered. */
  readonly ofSelf: boolean;
  readonly bySuperuser: boolean;
  /** In a session that runs under a role which stands for its user. */
  readonly underSessionRole: boolean;
}

/**
 * ALTER USER as one statement; its text is undefined if the statement means the same to PostgreSQL as it stands.
 * A new name clears the password, as on Redshift; PostgreSQL would keep it in the form of SCRAM. Throws SqlError for what Redshift or Keyshift refuses.
 */
export function translateAlterUser(
  ddl: AlterUser,
  before: RoleFacts,
  by: Alterer,
): TranslatedUser<string | undefined> {
  const { name, options } = ddl;
  const change = checkedChange(ddl.newName ?? name, options, before);
  if (change.wasDisabled && options.password?.kind === 'text' && !by.bySuperuser) {
    throw new SqlError('42501', `password of user "${name}" is disabled`, {
      hint: 'Only a superuser can enable it.',
    });
  }
  if (options.createUser === true && before.exists && !before.canLogin) {
    throw new SqlError('42704', `user "${name}" does not exist`, { detail: 'The name is that of a group.' });
  }
  const facts = { ...before, superuser: change.isSuperuser, passwordDisabled: change.isDisabled };
  const ofOtherSuperuser = before.superuser && by.bySuperuser && !by.ofSelf;
  const asItself = by.ofSelf && by.underSessionRole;
  const isPlain = !options.redshiftForm && ddl.newName === undefined;
  if (isPlain && !ofOtherSuperuser && !asItself && !needsOtherWords(change, by.bySuperuser)) {
    return { sql: undefined, facts };
  }
  const statements = withRank(ddl, change, ofOtherSuperuser);
  return { sql: asItself ? inOneBlockAs(name, statements) : asOne(statements), facts };
}

/**
 * All statements, in the order in which whoever runs them may: ordinary users can be altered, other superusers cannot.
 * So another superuser is an ordinary user meanwhile, which no other session gets to see.
 */
function withRank(ddl: AlterUser, change: UserChange, ofOtherSuperuser: boolean): string[] {
  const { name, newName = name, options } = ddl;
  const { wasSuperuser, isSuperuser } = change;
  const statements = withoutRank(ddl, change);
  if (isSuperuser && !wasSuperuser) return [...statements, promote(newName)];
  if (!isSuperuser && wasSuperuser) {
    const createDb = options.createDb ?? false;
    if (ofOtherSuperuser) return [demote(name, createDb), ...statements];
    return [...statements, demote(newName, createDb)];
  }
  // A statement that changes nothing still says whether the user exists.
  if (statements.length === 0) return [`ALTER USER ${quoteName(name)}`];
  return ofOtherSuperuser ? [demote(name, true), ...statements, promote(newName)] : statements;
}

function withoutRank(ddl: AlterUser, change: UserChange): string[] {
  const { options, setting, newName = ddl.name } = ddl;
  const isRenamed = ddl.newName !== undefined;
  const name = quoteName(newName);
  const words = [...createDbOption(change), ...writeOptions(change), ...options.native];
  if (isRenamed && options.password === undefined) words.push('PASSWORD NULL');
  // The new name comes first: PostgreSQL may clear a password that it finds.
  const statements = isRenamed ? [`ALTER USER ${quoteName(ddl.name)} RENAME TO ${name}`] : [];
  if (words.length > 0) statements.push(`ALTER USER ${name} ${words.join(' ')}`);
  statements.push(...sessionTimeout(newName, options), ...syslogAccess(newName, options));
  statements.push(...externalId(newName, options));
  if (setting !== undefined) statements.push(`ALTER USER ${name} ${setting.text}`);
  return statements;
}

function checkedChange(
  name: string,
  options: UserOptions,
  before: { readonly superuser: boolean; readonly passwordDisabled: boolean },
): UserChange {
  const isSuperuser = options.createUser ?? before.superuser;
  const { password } = options;
  if (isSuperuser && password?.kind === 'disable') {
    throw new SqlError('0A000', 'cannot disable password of superuser');
  }
  const passwordText = password?.kind === 'text' ? acceptedPassword(password.text, name) : undefined;
  const isDisabled = password?.kind === 'disable' || (before.passwordDisabled && passwordText === undefined);
  if (isDisabled && options.createUser === true) {
    throw new SqlError('0A000', 'cannot make a superuser of a user whose password is disabled', {
      hint: 'Give the user a password in the same statement.',
    });
  }
  if (options.externalId !== undefined && !isDisabled) {
    throw new SqlError('0A000', 'the password of a user with an EXTERNALID must be disabled', {
      hint: 'Add PASSWORD DISABLE to the statement.',
    });
  }
  const { superuser: wasSuperuser, passwordDisabled: wasDisabled } = before;
  return { options, passwordText, wasDisabled, isDisabled, wasSuperuser, isSuperuser };
}

/** Whether a statement that PostgreSQL takes as it stands must still be written anew. */
function needsOtherWords({ options, passwordText, wasDisabled }: UserChange, bySuperuser: boolean): boolean {
  if (options.password?.kind === 'text' && options.password.text !== passwordText) return true;
  // Only a superuser may touch VALID UNTIL at all; PostgreSQL tells everybody else.
  return wasDisabled && bySuperuser && (passwordText ?? options.validUntil) !== undefined;
}

/** A superuser keeps CREATEDB whatever is said, and a change of rank sets it on its own. */
function createDbOption({ options, isSuperuser, wasSuperuser }: UserChange): string[] {
  if (options.createDb === undefined || isSuperuser || wasSuperuser) return [];
  return [options.createDb ? 'CREATEDB' : 'NOCREATEDB'];
}

/** The options that CREATE USER and ALTER USER write alike. */
function writeOptions(change: UserChange): string[] {
  const { options, passwordText, wasDisabled, isDisabled, isSuperuser } = change;
  const words: string[] = [];
  const { password, validUntil, connectionLimit } = options;
  if (password?.kind === 'disable') words.push(PASSWORD_DISABLED);
  if (password?.kind === 'null') words.push('PASSWORD NULL');
  if (passwordText !== undefined) words.push(`PASSWORD ${quoteText(passwordText)}`);
  if (validUntil !== undefined && !isDisabled) words.push(`VALID UNTIL ${quoteText(validUntil)}`);
  if (validUntil === undefined && wasDisabled && !isDisabled) words.push(PASSWORD_ENABLED);
  // PostgreSQL would hold a superuser of the cluster to it, Redshift holds none.
  if (connectionLimit !== undefined && !isSuperuser) words.push(`CONNECTION LIMIT ${connectionLimit}`);
  return words;
}

/** PostgreSQL ends an idle session by a setting, which no option of CREATE ROLE can hold. */
function sessionTimeout(name: string, { sessionTimeout: seconds }: UserOptions): string[] {
  if (seconds === undefined) return [];
  if (seconds === 'reset') return [`ALTER USER ${quoteName(name)} RESET idle_session_timeout`];
  if (seconds < SESSION_TIMEOUT_SECONDS_MIN || seconds > SESSION_TIMEOUT_SECONDS_MAX) {
    throw new SqlError('22023', 'SESSION TIMEOUT must be between 60 and 1728000 seconds');
  }
  return [`ALTER USER ${quoteName(name)} SET idle_session_timeout = '${seconds}s'`];
}

/** A membership, because a setting of a role is its own to change. */
function syslogAccess(name: string, { syslogUnrestricted: unrestricted }: UserOptions): string[] {
  if (unrestricted === undefined) return [];
  return [
    `${unrestricted ? 'GRANT' : 'REVOKE'} ${SYSLOG_ROLE} ${unrestricted ? 'TO' : 'FROM'} ${quoteName(name)}`,
  ];
}

/** In the comment on the role, which is the same in every database and which a user cannot change for itself. */
function externalId(name: string, { externalId: id }: UserOptions): string[] {
  return id === undefined
    ? []
    : [`COMMENT ON ROLE ${quoteName(name)} IS ${quoteText(`${EXTERNAL_ID_MARK}${id}`)}`];
}

function asOne(statements: readonly string[]): string {
  const [first = '', ...others] = statements;
  return others.length === 0 ? first : inOneBlock(statements);
}
