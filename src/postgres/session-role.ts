import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { codeOf, SqlError } from '../core/errors.ts';
import type { AccountFacts, ProvisionFacts, SessionFacts } from './provision-facts.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { underRoleLock } from './role-lock.ts';
import type { ScramAccess, ServerAccess } from './server-access.ts';
import { SESSION_ROLE_PREFIX } from './session-role-name.ts';
import { alterSettings, settingsMark, storeSettings } from './session-settings.ts';

/** Makes and mends session roles: the login roles of one user together with one set of groups. */

/** The role whose members are session roles. */
const SESSION_MARK = 'keyshift_session';

/**
 * How long the password of a session role is good, from its noted use on. A session can give its own role another
 * password, and so get in beside the gateway, but it cannot move this date. Noted every 15 minutes while it is
 * used (see sql/provision-facts.sql), which also sets the password anew.
 */
const PASSWORD_LIFE = "interval '1 hour'";

/** Whether the role of that name stands for this user and these groups, and is as it must be. */
export function sessionRoleIsRight(facts: ProvisionFacts, account: AccountFacts): boolean {
  const { session } = facts;
  return (
    session !== undefined &&
    standsFor(session, facts, account) &&
    session.fresh &&
    session.attributesRight &&
    session.passwordRight &&
    session.membershipsRight &&
    settingsAreRight(session, facts)
  );
}

export interface SessionRoleWanted {
  readonly name: string;
  readonly userName: string;
  readonly account: AccountFacts;
  /** Reads the facts again, inside the transaction. */
  readonly look: () => Promise<ProvisionFacts>;
}

/**
 * Makes the session role, or mends it. Runs inside the caller's transaction, under its lock.
 * @throws SqlError 42710 when a role of that name exists that Keyshift did not make, 42501 when the administrator
 *   may not give it what it must have
 */
export async function ensureSessionRole(
  client: pg.PoolClient,
  access: ServerAccess,
  facts: ProvisionFacts,
  wanted: SessionRoleWanted,
): Promise<void> {
  const { name, userName, account } = wanted;
  let { session } = facts;
  if (session !== undefined && !session.isSessionRole) {
    throw new SqlError('42710', `role "${name}" exists but was not made for sessions with groups`);
  }
  const role = quoteIdentifier(name);
  if (session !== undefined && mustGo(access, session, facts, account)) {
    await client.query(
      `ALTER ROLE ${role} RENAME TO ${quoteIdentifier(`${SESSION_ROLE_PREFIX}#${randomUUID()}`)}`,
    );
    session = undefined;
  }
  if (session === undefined) await client.query(`CREATE ROLE ${role}`);
  if (session?.attributesRight !== true) {
    // Only a superuser may name the others, even where they are not there anyway.
    const never = access.isSuperuser ? 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS ' : '';
    await client.query(
      `ALTER ROLE ${role} LOGIN INHERIT ${never}CONNECTION LIMIT ${account.connectionLimit}`,
    );
  }
  if (session?.membershipsRight !== true) {
    await setMemberships(client, access, name, [
      { of: userName, inherit: true, set: true },
      ...facts.groups.map((group) => ({ of: group.name, inherit: true, set: false })),
      { of: SESSION_MARK, inherit: false, set: false },
    ]);
  }
  let mark: string | undefined;
  if (access.isSuperuser) {
    if (session?.settingsRight !== true) await storeSettings(client, name, facts.wantedSettings);
  } else {
    if (session === undefined || !settingsAreRight(session, facts)) {
      await alterSettings(client, name, facts.wantedSettings, session?.settings ?? []);
    }
    mark = settingsMark(await wanted.look());
  }
  await givePassword(client, access, name);
  await noteUse(client, name, facts, account, mark);
}

/**
 * Sets the password of a session role anew, because the server refused it: somebody changed it, or the keys of the
 * gateway are others now.
 * @throws SqlError 28000 when there is no session role of that name any more
 */
export async function renewSessionPassword(access: ScramAccess, name: string): Promise<void> {
  await underRoleLock(access, async (client) => {
    const found = await client.query(
      `SELECT FROM pg_auth_members WHERE member = to_regrole($1) AND roleid = to_regrole('${SESSION_MARK}')`,
      [quoteIdentifier(name)],
    );
    if (found.rowCount === 0) throw new SqlError('28000', `the session role "${name}" is gone`);
    await givePassword(client, access, name);
  });
}

async function givePassword(client: pg.PoolClient, access: ServerAccess, name: string): Promise<void> {
  const role = quoteIdentifier(name);
  if (access.way !== 'scram') {
    // A server of others may let somebody in by password from elsewhere; the past date is not a session's to move.
    const never = access.way === 'cert' ? " VALID UNTIL '-infinity'" : '';
    await client.query(`ALTER ROLE ${role} PASSWORD NULL${never}`);
    return;
  }
  const end = await client.query<{ text: string }>(`SELECT (now() + ${PASSWORD_LIFE})::text AS text`);
  const verifier = quoteLiteral(access.sessionPasswords.verifierOf(name));
  await client.query(
    `ALTER ROLE ${role} PASSWORD ${verifier} VALID UNTIL ${quoteLiteral(end.rows[0]?.text ?? '')}`,
  );
}

function settingsAreRight(session: SessionFacts, facts: ProvisionFacts): boolean {
  return session.settingsRight || session.said?.settings === settingsMark(facts);
}

/**
 * Whether the role of that name is to be put aside for a new one: its user or a group of its is another one now, or
 * only a superuser could mend it. Sessions that are open keep what they were given.
 */
function mustGo(
  access: ServerAccess,
  session: SessionFacts,
  facts: ProvisionFacts,
  account: AccountFacts,
): boolean {
  if (!standsFor(session, facts, account)) return true;
  return !access.isSuperuser && !(session.attributesRight && session.membershipsRight);
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
  access: ServerAccess,
  name: string,
  wanted: readonly { of: string; inherit: boolean; set: boolean }[],
): Promise<void> {
  const role = quoteIdentifier(name);
  const present = await client.query<{ group: string; member: string; grantor: string }>(
    `SELECT m.roleid::regrole::text AS "group", m.member::regrole::text AS member, m.grantor::regrole::text AS grantor
     FROM pg_auth_members m WHERE to_regrole($1) IN (m.member, m.roleid)`,
    [role],
  );
  // A new role of an administrator that is no superuser has one: its maker's own.
  for (const row of access.isSuperuser ? present.rows : []) {
    // These are identifiers that PostgreSQL has quoted. A foreign grant may depend on one that goes first.
    await client.query(`REVOKE ${row.group} FROM ${row.member} GRANTED BY ${row.grantor} CASCADE`);
  }
  for (const { of, inherit, set } of wanted) {
    const statement = `GRANT ${quoteIdentifier(of)} TO ${role} WITH INHERIT ${inherit}, SET ${set}`;
    await client.query(statement).catch((error: unknown) => {
      throw refusedGrant(of, error);
    });
  }
}

function refusedGrant(of: string, cause: unknown): unknown {
  if (codeOf(cause) !== '42501') return cause;
  return new SqlError('42501', `the rights of "${of}" cannot be given to a session`, {
    cause,
    detail: `The gateway's role on the database server has no ADMIN option on the role "${of}".`,
    hint: `A superuser of that server can run GRANT ${quoteIdentifier(of)} TO that role WITH ADMIN TRUE, INHERIT FALSE, SET FALSE.`,
  });
}

async function noteUse(
  client: pg.PoolClient,
  name: string,
  facts: ProvisionFacts,
  account: AccountFacts,
  settings: string | undefined,
): Promise<void> {
  const now = await client.query<{ text: string }>("SELECT to_json(now()) #>> '{}' AS text");
  const said = {
    user: account.id,
    groups: facts.groups.map((group) => group.id),
    used: now.rows[0]?.text,
    settings,
  };
  await client.query(`COMMENT ON ROLE ${quoteIdentifier(name)} IS ${quoteLiteral(JSON.stringify(said))}`);
}
