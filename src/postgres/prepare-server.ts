import { readFileSync } from 'node:fs';
import { codeOf, messageOf, OperatorError, SqlError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Secret } from '../core/secret.ts';
import { LOGIN_DATABASE } from './embedded.ts';
import { mendedBy } from './known-holes.ts';
import { prepareDatabase } from './prepare-database.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { keptSetting, REDSHIFT_SETTINGS } from './redshift-settings.ts';
import { underRoleLock } from './role-lock.ts';
import { scramVerifier } from './scram-verifier.ts';
import type { ServerAccess } from './server-access.ts';

/** What Keyshift needs on a server, and the first users and databases on it. */

const SERVER_SQL = readFileSync(new URL('./sql/prepare-server.sql', import.meta.url), 'utf8');

/** Without this, ALTER USER … SET of a setting that PostgreSQL does not know is for its own superusers only. */
const GRANT_SETTINGS = `GRANT SET ON PARAMETER ${[...REDSHIFT_SETTINGS.keys()].map(keptSetting).join(', ')} TO PUBLIC`;

/** Databases that are looked at when a server starts; each costs a connection. Others are at their first login. */
const DATABASES_AT_START_MAX = 100;

/**
 * Makes a server ready for Keyshift: its roles, the database of password checks, the template of new databases.
 * @throws OperatorError when the administrator lacks a right that it needs
 */
export async function prepareServer(access: ServerAccess): Promise<void> {
  await prepareHome(access);
  await tellKnownHoles(access);
  await underRoleLock(access, async (client) => {
    await client.query(SERVER_SQL);
  });
  if (access.way === 'peer') await prepareEmbedded(access);
  if (access.way === 'cert') await makeLoginDatabaseIfAllowed(access);
  if (!access.isSuperuser) {
    access.logger.warn(
      { role: access.ownRole },
      "this server's administrator is no superuser, so no event trigger can be made: " +
        'what sessions with groups create will belong to their session roles, not to their users',
    );
  }
}

async function prepareHome(access: ServerAccess): Promise<void> {
  try {
    await prepareDatabase(access, access.home);
  } catch (error) {
    if (access.isSuperuser || codeOf(error) !== '42501') throw error;
    throw new OperatorError(
      `The role "${access.ownRole}" may not make the schema keyshift in the database "${access.home}" ` +
        `(${messageOf(error)}): GRANT CREATE ON DATABASE to it, or name another database in the URL.`,
      { cause: error },
    );
  }
}

/** Only said: a server that nobody hostile reaches may wait for its upgrade, and the embedded one for its package. */
async function tellKnownHoles(access: ServerAccess): Promise<void> {
  const { rows } = await access
    .admin(access.home)
    .query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  const version = rows[0]?.version ?? '';
  const mended = mendedBy(version);
  if (mended === undefined) return;
  access.logger.warn(
    { version, mended },
    'this PostgreSQL has known holes (CVE-2026-6460 and older) by which a session that may create objects runs ' +
      "programs as the server's operating system user: upgrade it, or let only people in who may do that",
  );
}

/**
 * Makes a database that belongs to the cluster's superusers together.
 * @throws SqlError 42P04 when there is one of that name
 */
export async function createDatabase(access: ServerAccess, name: string): Promise<void> {
  try {
    await access
      .admin(access.home)
      .query(`CREATE DATABASE ${quoteIdentifier(name)} OWNER keyshift_superuser`);
  } catch (error) {
    if (codeOf(error) === '42P04') {
      throw new SqlError('42P04', `database "${name}" already exists`, { cause: error });
    }
    throw error;
  }
  await prepareDatabase(access, name);
}

export interface PasswordUser {
  readonly name: string;
  readonly password: Secret;
  readonly random: RandomBytes;
}

/**
 * Makes a superuser in Redshift's sense, or makes an existing user one: it manages users, groups, databases and
 * everybody's data, but is no superuser of PostgreSQL.
 */
export async function createMasterUser(access: ServerAccess, user: PasswordUser): Promise<void> {
  const role = quoteIdentifier(user.name);
  await underRoleLock(access, async (client) => {
    const known = await client.query('SELECT FROM pg_roles WHERE rolname = $1::text', [user.name]);
    const exists = known.rowCount !== 0;
    const verifier = quoteLiteral(scramVerifier(user.password, user.random));
    // A user that a login had made has a password that is never valid.
    await client.query(
      `${exists ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN PASSWORD ${verifier} VALID UNTIL 'infinity'`,
    );
    await client.query(`CALL keyshift.promote_user(${quoteLiteral(user.name)})`);
  });
}

/**
 * Gives a user a new password.
 * @throws SqlError 42704 when there is no such user
 */
export async function setPassword(access: ServerAccess, user: PasswordUser): Promise<void> {
  const verifier = quoteLiteral(scramVerifier(user.password, user.random));
  await underRoleLock(access, async (client) => {
    const known = await client.query('SELECT FROM pg_roles WHERE rolname = $1::text', [user.name]);
    if (known.rowCount === 0) throw new SqlError('42704', `user "${user.name}" does not exist`);
    await client.query(`ALTER ROLE ${quoteIdentifier(user.name)} PASSWORD ${verifier}`);
  });
}

async function prepareEmbedded(access: ServerAccess): Promise<void> {
  await makeLoginDatabase(access);
  await underRoleLock(access, async (client) => {
    await client.query(GRANT_SETTINGS);
  });
  // New databases are copies of it, and every user may create objects in a copy, but not in the original.
  await prepareDatabase(access, 'template1');
  await access.admin(access.home).query('REVOKE ALL ON DATABASE template1 FROM PUBLIC');
  await bringUpToDate(access);
}

async function makeLoginDatabaseIfAllowed(access: ServerAccess): Promise<void> {
  try {
    await makeLoginDatabase(access);
  } catch (error) {
    if (codeOf(error) !== '42501') throw error;
    access.logger.warn(
      { role: access.ownRole, reason: messageOf(error) },
      `the database ${LOGIN_DATABASE} cannot be made, so users with passwords cannot log in`,
    );
  }
}

/** The name is taken, as seen by PostgreSQL and by its index. */
const IS_THERE: ReadonlySet<unknown> = new Set(['42P04', '23505']);

/** The database in which passwords are proved, where the server asks the gateway for none. */
async function makeLoginDatabase(access: ServerAccess): Promise<void> {
  const home = access.admin(access.home);
  const login = quoteIdentifier(LOGIN_DATABASE);
  const known = await home.query('SELECT FROM pg_database WHERE datname = $1::text', [LOGIN_DATABASE]);
  if (known.rowCount === 0) {
    await home.query(`CREATE DATABASE ${login} TEMPLATE template0`).catch((error: unknown) => {
      // Another node may have made it meanwhile.
      if (!IS_THERE.has(codeOf(error))) throw error;
    });
  }
  await home.query(`REVOKE ALL ON DATABASE ${login} FROM PUBLIC`);
  await home.query(`GRANT CONNECT ON DATABASE ${login} TO PUBLIC`);
  await home.query(`ALTER DATABASE ${login} SET default_transaction_read_only = on`);
}

/** Databases that an earlier version prepared, or that users made from `template0`. */
async function bringUpToDate(access: ServerAccess): Promise<void> {
  const databases = await access.admin(access.home).query<{ name: string }>(
    `SELECT datname AS name FROM pg_database
     WHERE datallowconn AND NOT datistemplate AND datname NOT IN ($1, $2) ORDER BY datname LIMIT ${DATABASES_AT_START_MAX}`,
    [access.home, LOGIN_DATABASE],
  );
  for (const { name } of databases.rows) {
    try {
      await prepareDatabase(access, name);
    } catch (error) {
      // Nobody else's database waits for this one: its first login says what is wrong.
      access.logger.warn({ database: name, reason: messageOf(error) }, 'a database cannot be prepared');
    }
  }
}
