import { SqlError } from '../../core/errors.ts';
import type { RoleFacts } from './known-roles.ts';
import type { AlterUser } from './parse-user-ddl.ts';
import type { UserOptions } from './parse-user-options.ts';
import { acceptedPassword } from './password-rules.ts';
import { inOneBlock, quoteName, quoteText } from './sql-text.ts';
import { demote, makeSuperuser, promote, SUPERUSER_ROLE } from './superuser.ts';

/**
 * Writes CREATE USER and ALTER USER as PostgreSQL 18 takes them. Two options leave no trace: SYSLOG ACCESS, and
 * VALID UNTIL of a user whose password is disabled, because there it marks just that.
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

/** What the options, checked, do to a user that may exist already. */
interface UserChange {
  readonly options: UserOptions;
  /** The password as PostgreSQL gets it, if the statement has one. */
  readonly passwordText: string | undefined;
  /** Whether the password is disabled before and after. */
  readonly wasDisabled: boolean;
  readonly isDisabled: boolean;
  readonly isSuperuser: boolean;
}

/** CREATE USER as one statement. Throws SqlError for what Redshift or Keyshift refuses. */
export function translateCreateUser(name: string, options: UserOptions): string {
  const change = checkedChange(options, { superuser: false, passwordDisabled: false });
  const words = ['CREATE USER', quoteName(name)];
  if (change.isSuperuser) words.push('CREATEROLE CREATEDB');
  else if (options.createDb !== undefined) words.push(options.createDb ? 'CREATEDB' : 'NOCREATEDB');
  words.push(...writeOptions(change), ...options.native);
  const admins = [...(options.admins ?? []), ...(change.isSuperuser ? [] : [SUPERUSER_ROLE])];
  if (admins.length > 0) words.push(`ADMIN ${admins.map(quoteName).join(', ')}`);
  const statements = [words.join(' ')];
  if (change.isSuperuser) statements.push(...makeSuperuser(name));
  statements.push(...sessionTimeout(name, options));
  return asOne(statements);
}

export interface AlteredUser {
  /** Undefined if the statement means the same to PostgreSQL as it stands. */
  readonly sql: string | undefined;
  readonly facts: RoleFacts;
}

/**
 * ALTER USER as one statement. PostgreSQL keeps a SCRAM password when a user is renamed, where Redshift clears
 * it: the user knows it, so nothing is lost. Throws SqlError for what Redshift or Keyshift refuses.
 */
export function translateAlterUser(ddl: AlterUser, before: RoleFacts, bySuperuser: boolean): AlteredUser {
  const { name, options } = ddl;
  const change = checkedChange(options, before);
  if (change.wasDisabled && options.password?.kind === 'text' && !bySuperuser) {
    throw new SqlError('42501', `password of user "${name}" is disabled`, {
      hint: 'Only a superuser can enable it.',
    });
  }
  if (options.createUser === true && before.exists && !before.canLogin) {
    throw new SqlError('42704', `user "${name}" does not exist`, { detail: 'The name is that of a group.' });
  }
  const facts = { ...before, superuser: change.isSuperuser, passwordDisabled: change.isDisabled };
  if (!options.redshiftForm && !needsOtherWords(change, bySuperuser)) return { sql: undefined, facts };

  const changesRank = options.createUser !== undefined && change.isSuperuser !== before.superuser;
  const words = [...createDbOption(change, changesRank), ...writeOptions(change), ...options.native];
  const statements = words.length > 0 ? [`ALTER USER ${quoteName(name)} ${words.join(' ')}`] : [];
  if (changesRank) {
    statements.push(...(change.isSuperuser ? promote(name) : demote(name, options.createDb ?? false)));
  }
  statements.push(...sessionTimeout(name, options));
  if (ddl.setting !== undefined) statements.push(`ALTER USER ${quoteName(name)} ${ddl.setting}`);
  if (ddl.newName !== undefined) {
    statements.push(`ALTER USER ${quoteName(name)} RENAME TO ${quoteName(ddl.newName)}`);
  }
  // A statement that changes nothing still says whether the user exists.
  return { sql: asOne(statements.length > 0 ? statements : [`ALTER USER ${quoteName(name)}`]), facts };
}

function checkedChange(
  options: UserOptions,
  before: { readonly superuser: boolean; readonly passwordDisabled: boolean },
): UserChange {
  if (options.externalId !== undefined) {
    throw new SqlError('0A000', 'option EXTERNALID is not supported');
  }
  const isSuperuser = options.createUser ?? before.superuser;
  const { password } = options;
  if (isSuperuser && password?.kind === 'disable') {
    throw new SqlError('0A000', 'cannot disable password of superuser');
  }
  const passwordText = password?.kind === 'text' ? acceptedPassword(password.text) : undefined;
  const isDisabled = password?.kind === 'disable' || (before.passwordDisabled && passwordText === undefined);
  if (isDisabled && options.createUser === true) {
    throw new SqlError('0A000', 'cannot make a superuser of a user whose password is disabled', {
      hint: 'Give the user a password in the same statement.',
    });
  }
  return { options, passwordText, wasDisabled: before.passwordDisabled, isDisabled, isSuperuser };
}

/** Whether a statement that PostgreSQL takes as it stands must still be written anew. */
function needsOtherWords({ options, passwordText, wasDisabled }: UserChange, bySuperuser: boolean): boolean {
  if (options.password?.kind === 'text' && options.password.text !== passwordText) return true;
  // Only a superuser may touch VALID UNTIL at all; PostgreSQL tells everybody else.
  return wasDisabled && bySuperuser && (passwordText ?? options.validUntil) !== undefined;
}

/** A superuser keeps CREATEDB whatever is said, and a change of rank sets it on its own. */
function createDbOption({ options, isSuperuser }: UserChange, changesRank: boolean): string[] {
  if (options.createDb === undefined || isSuperuser || changesRank) return [];
  return [options.createDb ? 'CREATEDB' : 'NOCREATEDB'];
}

/** The options that CREATE USER and ALTER USER write alike. */
function writeOptions({ options, passwordText, wasDisabled, isDisabled }: UserChange): string[] {
  const words: string[] = [];
  const { password, validUntil, connectionLimit } = options;
  if (password?.kind === 'disable') words.push(PASSWORD_DISABLED);
  if (password?.kind === 'null') words.push('PASSWORD NULL');
  if (passwordText !== undefined) words.push(`PASSWORD ${quoteText(passwordText)}`);
  if (validUntil !== undefined && !isDisabled) words.push(`VALID UNTIL ${quoteText(validUntil)}`);
  if (validUntil === undefined && wasDisabled && !isDisabled) words.push(PASSWORD_ENABLED);
  if (connectionLimit !== undefined) words.push(`CONNECTION LIMIT ${connectionLimit}`);
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

function asOne(statements: readonly string[]): string {
  const [first = '', ...others] = statements;
  return others.length === 0 ? first : inOneBlock(statements);
}
