import { randomUUID } from 'node:crypto';
import { codeOf, SqlError } from '../core/errors.ts';
import type { AccountFacts, ProvisionFacts, SessionFacts } from './provision-facts.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { type Queryable, type RoleStep, underRoleLock } from './role-lock.ts';
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
const PASSWORD_LIFE_SECONDS = 3_600;

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
  /** The user's, -1 for none. */
  readonly connectionLimit: number;
}

/**
 * The statements that make the session role, or mend it, by what `facts` say of it. What only the server can say is
 * asked with `client`.
 * @throws SqlError 42710 when a role of that name exists that Keyshift did not make
 */
export async function sessionRoleSteps(
  client: Queryable,
  access: ServerAccess,
  facts: ProvisionFacts,
  wanted: SessionRoleWanted,
): Promise<RoleStep[]> {
  const { name } = wanted;
  const { session } = facts;
  if (session === undefined) return newRoleSteps(client, access, facts, wanted);
  if (!session.isSessionRole) {
    throw new SqlError('42710', `role "${name}" exists but was not made for sessions with groups`);
  }
  if (mustGo(access, session, facts)) {
    const aside = quoteIdentifier(`${SESSION_ROLE_PREFIX}#${randomUUID()}`);
    const rename = { sql: `ALTER ROLE ${quoteIdentifier(name)} RENAME TO ${aside}` };
    return [rename, ...(await newRoleSteps(client, access, facts, wanted))];
  }
  const change = session.attributesRight ? '' : attributes(access, wanted);
  return [
    { sql: `ALTER ROLE ${quoteIdentifier(name)} ${change} ${password(access, name, facts.at)}` },
    ...(session.membershipsRight ? [] : await revokeAll(client, name)),
    ...(session.membershipsRight ? [] : grants(facts, wanted)),
    ...(settingsAreRight(session, facts) ? [] : await settingSteps(client, access, name, facts)),
  ];
}

async function newRoleSteps(
  client: Queryable,
  access: ServerAccess,
  facts: ProvisionFacts,
  wanted: SessionRoleWanted,
): Promise<RoleStep[]> {
  const { name } = wanted;
  const looks = `${attributes(access, wanted)} ${password(access, name, facts.at)}`;
  return [
    { sql: `CREATE ROLE ${quoteIdentifier(name)} ${looks}` },
    ...grants(facts, wanted),
    ...(await settingSteps(client, access, name, { ...facts, session: undefined })),
  ];
}

/** The statements that say something of a session role, and the facts as they are when it was said. */
export interface Noted {
  readonly steps: readonly RoleStep[];
  readonly facts: ProvisionFacts;
}

/** Notes who a session role is and that it is used, by facts that were read after its statements. */
export function noteUse(access: ServerAccess, name: string, facts: ProvisionFacts): Noted {
  const { account, session } = facts;
  if (account === undefined || session === undefined) throw new Error('there is no session role to be noted');
  const said = {
    user: account.id,
    groups: facts.groups.map((group) => group.id),
    used: timeText(facts.at),
    settings: access.isSuperuser ? undefined : settingsMark(facts),
  };
  const sql = `COMMENT ON ROLE ${quoteIdentifier(name)} IS ${quoteLiteral(JSON.stringify(said))}`;
  return { steps: [{ sql }], facts: { ...facts, session: { ...session, said, fresh: true } } };
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
    const asked = await client.query<{ at: number }>('SELECT extract(epoch FROM now())::float8 AS at');
    await client.query(
      `ALTER ROLE ${quoteIdentifier(name)} ${password(access, name, asked.rows[0]?.at ?? 0)}`,
    );
  });
}

function attributes(access: ServerAccess, { connectionLimit }: SessionRoleWanted): string {
  // Only a superuser may name the others, even where they are not there anyway.
  const never = access.isSuperuser ? 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS ' : '';
  return `LOGIN INHERIT ${never}CONNECTION LIMIT ${connectionLimit}`;
}

function password(access: ServerAccess, name: string, at: number): string {
  if (access.way === 'scram') {
    const verifier = quoteLiteral(access.sessionPasswords.verifierOf(name));
    return `PASSWORD ${verifier} VALID UNTIL ${quoteLiteral(timeText(at + PASSWORD_LIFE_SECONDS))}`;
  }
  // A server of others may let somebody in by password from elsewhere; the past date is not a session's to move.
  return access.way === 'cert' ? "PASSWORD NULL VALID UNTIL '-infinity'" : 'PASSWORD NULL';
}

/** Seconds since 1970 as PostgreSQL reads a time, whatever its DateStyle. */
const timeText = (seconds: number): string => new Date(seconds * 1000).toISOString();

function settingsAreRight(session: SessionFacts, facts: ProvisionFacts): boolean {
  return session.settingsRight || session.said?.settings === settingsMark(facts);
}

/**
 * Whether the role of that name is to be put aside for a new one: its user or a group of its is another one now, or
 * only a superuser could mend it. Sessions that are open keep what they were given.
 */
function mustGo(access: ServerAccess, session: SessionFacts, facts: ProvisionFacts): boolean {
  if (facts.account === undefined || !standsFor(session, facts, facts.account)) return true;
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

function grants(facts: ProvisionFacts, { name, userName }: SessionRoleWanted): RoleStep[] {
  const grant = (of: string, inherit: boolean, set: boolean): RoleStep => ({
    sql: `GRANT ${quoteIdentifier(of)} TO ${quoteIdentifier(name)} WITH INHERIT ${inherit}, SET ${set}`,
    refused: (error) => refusedGrant(of, error),
  });
  return [
    grant(userName, true, true),
    ...facts.groups.map((group) => grant(group.name, true, false)),
    grant(SESSION_MARK, false, false),
  ];
}

async function revokeAll(client: Queryable, name: string): Promise<RoleStep[]> {
  const present = await client.query<{ group: string; member: string; grantor: string }>(
    `SELECT m.roleid::regrole::text AS "group", m.member::regrole::text AS member, m.grantor::regrole::text AS grantor
     FROM pg_auth_members m WHERE m.member = to_regrole($1) OR m.roleid = to_regrole($1)`,
    [quoteIdentifier(name)],
  );
  // These are identifiers that PostgreSQL has quoted. A foreign grant may depend on one that goes first.
  return present.rows.map(({ group, member, grantor }) => ({
    sql: `REVOKE ${group} FROM ${member} GRANTED BY ${grantor} CASCADE`,
  }));
}

function settingSteps(
  client: Queryable,
  access: ServerAccess,
  name: string,
  { wantedSettings, session }: ProvisionFacts,
): Promise<RoleStep[]> | RoleStep[] {
  const present = session?.settings ?? [];
  return access.isSuperuser
    ? storeSettings(name, wantedSettings, present)
    : alterSettings(client, name, wantedSettings, present);
}

function refusedGrant(of: string, cause: unknown): unknown {
  if (codeOf(cause) !== '42501') return cause;
  return new SqlError('42501', `the rights of "${of}" cannot be given to a session`, {
    cause,
    detail: `The gateway's role on the database server has no ADMIN option on the role "${of}".`,
    hint: `A superuser of that server can run GRANT ${quoteIdentifier(of)} TO that role WITH ADMIN TRUE, INHERIT FALSE, SET FALSE.`,
  });
}
