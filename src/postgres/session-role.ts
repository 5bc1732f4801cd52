import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { SqlError } from '../core/errors.ts';
import type { AccountFacts, ProvisionFacts, SessionFacts } from './provision-facts.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { SESSION_ROLE_PREFIX } from './session-role-name.ts';

/** Makes and mends session roles: the login roles of one user together with one set of groups. */

/** The role whose members are session roles. */
const SESSION_MARK = 'keyshift_session';

/** Whether the role of that name stands for this user and these groups, and is as it must be. */
export function sessionRoleIsRight(facts: ProvisionFacts, account: AccountFacts): boolean {
  const { session } = facts;
  return (
    session !== undefined &&
    standsFor(session, facts, account) &&
    session.fresh &&
    session.attributesRight &&
    session.membershipsRight &&
    session.settingsRight
  );
}

/**
 * Makes the session role, or mends it. Runs inside the caller's transaction, under its lock.
 * @throws SqlError 42710 when a role of that name exists that Keyshift did not make
 */
export async function ensureSessionRole(
  client: pg.PoolClient,
  name: string,
  userName: string,
  facts: ProvisionFacts,
  account: AccountFacts,
): Promise<void> {
  let { session } = facts;
  if (session !== undefined && !session.isSessionRole) {
    throw new SqlError('42710', `role "${name}" exists but was not made for sessions with groups`);
  }
  const role = quoteIdentifier(name);
  if (session !== undefined && !standsFor(session, facts, account)) {
    // The user or a group of this name is another one now. Sessions that are open keep what they were given.
    await client.query(
      `ALTER ROLE ${role} RENAME TO ${quoteIdentifier(`${SESSION_ROLE_PREFIX}#${randomUUID()}`)}`,
    );
    session = undefined;
  }
  if (session === undefined) await client.query(`CREATE ROLE ${role}`);
  if (session?.attributesRight !== true) {
    await client.query(
      `ALTER ROLE ${role} LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD NULL ` +
        `CONNECTION LIMIT ${account.connectionLimit}`,
    );
  }
  if (session?.membershipsRight !== true) {
    await setMemberships(client, name, [
      { of: userName, inherit: true, set: true },
      ...facts.groups.map((group) => ({ of: group.name, inherit: true, set: false })),
      { of: SESSION_MARK, inherit: false, set: false },
    ]);
  }
  if (session?.settingsRight !== true) await copySettings(client, name, facts);
  await noteUse(client, name, facts, account);
}

function standsFor(session: SessionFacts, facts: ProvisionFacts, account: AccountFacts): boolean {
  if (!session.isSessionRole || session.said === null || session.said.user !== account.id) return false;
  const { groups } = session.said;
  return (
    Array.isArray(groups) &&
    groups.length === facts.groups.length &&
    facts.groups.every((group) => groups.includes(group.id))
  );
}

async function setMemberships(
  client: pg.PoolClient,
  name: string,
  wanted: readonly { of: string; inherit: boolean; set: boolean }[],
): Promise<void> {
  const role = quoteIdentifier(name);
  const present = await client.query<{ group: string; member: string; grantor: string }>(
    `SELECT m.roleid::regrole::text AS "group", m.member::regrole::text AS member, m.grantor::regrole::text AS grantor
     FROM pg_auth_members m WHERE to_regrole($1) IN (m.member, m.roleid)`,
    [role],
  );
  for (const row of present.rows) {
    // These are identifiers that PostgreSQL has quoted. A foreign grant may depend on one that goes first.
    await client.query(`REVOKE ${row.group} FROM ${row.member} GRANTED BY ${row.grantor} CASCADE`);
  }
  for (const { of, inherit, set } of wanted) {
    await client.query(`GRANT ${quoteIdentifier(of)} TO ${role} WITH INHERIT ${inherit}, SET ${set}`);
  }
}

/**
 * Gives the session role the settings of its user. They are copied as they are stored, because `ALTER ROLE … SET`
 * would read a list as one name, and would refuse values that only the user's own session may check.
 */
async function copySettings(client: pg.PoolClient, name: string, facts: ProvisionFacts): Promise<void> {
  await client.query('DELETE FROM pg_db_role_setting WHERE setrole = to_regrole($1)', [
    quoteIdentifier(name),
  ]);
  for (const { database, config } of facts.wantedSettings) {
    await client.query(
      'INSERT INTO pg_db_role_setting (setdatabase, setrole, setconfig) VALUES ($1, to_regrole($2), $3)',
      [database, quoteIdentifier(name), config],
    );
  }
}

async function noteUse(
  client: pg.PoolClient,
  name: string,
  facts: ProvisionFacts,
  account: AccountFacts,
): Promise<void> {
  const now = await client.query<{ text: string }>("SELECT to_json(now()) #>> '{}' AS text");
  const said = { user: account.id, groups: facts.groups.map((group) => group.id), used: now.rows[0]?.text };
  await client.query(`COMMENT ON ROLE ${quoteIdentifier(name)} IS ${quoteLiteral(JSON.stringify(said))}`);
}
