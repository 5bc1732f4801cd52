import type pg from 'pg';
import { SqlError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { isIamUserName, isReservedRoleName } from '../core/names.ts';
import { ensureDatabasePrepared } from './prepare-database.ts';
import { type FactsQuestion, type ProvisionFacts, readFacts } from './provision-facts.ts';
import { quoteIdentifier } from './quote.ts';
import {
  type Conclusion,
  type Queryable,
  type RoleStep,
  runSteps,
  tryAtOnce,
  underRoleLock,
} from './role-lock.ts';
import type { ServerAccess } from './server-access.ts';
import { noteUse, sessionRoleIsRight, sessionRoleSteps } from './session-role.ts';
import { sessionRoleName, sortedGroups } from './session-role-name.ts';

/** The step before a login: makes sure that the role exists under which the session will run, and names it. */
export interface ProvisionRequest {
  readonly dbUser: string;
  /** How error messages call the user: the login name, with its prefix. */
  readonly displayName: string;
  /** Groups of the credential; each must exist. */
  readonly groups: readonly string[];
  readonly autoCreate: boolean;
  readonly database: string;
  /** Process ids of idle backends that the gateway keeps warm: they do not count against a limit. */
  readonly ignoredBackends?: readonly number[];
}

export interface Provisioned {
  /** The role to log in as. */
  readonly loginRole: string;
  /** The role's identifier: when it changes, the name means another role. */
  readonly loginRoleId: number;
  /** Whether the database user was created now. */
  readonly created: boolean;
  /**
   * What PostgreSQL looks at when that role logs in, and the settings that it gives the session. Null when a backend
   * that is open already must not stand in for the login.
   */
  readonly loginState: string | null;
  /** When the server read its configuration last, in seconds since 1970 by its own clock. */
  readonly configLoadedAt: number;
}

/** The user has as many sessions as its CONNECTION LIMIT allows. */
export class UserLimitReached extends SqlError {}

/** PostgreSQL's own, where nobody works. */
const TEMPLATES: ReadonlySet<string> = new Set(['template0', 'template1']);

/**
 * Finds or makes the login role of a user with groups. In the usual case one query; else one short transaction.
 * @throws SqlError 3D000, 42704, 42622, 28000 or 53300, each with the text for the client
 */
export async function provision(access: ServerAccess, request: ProvisionRequest): Promise<Provisioned> {
  const groups = sortedGroups(request.groups);
  refuseNames(request, groups);
  let question = questionOf(access, request, groups);
  let facts = await factsOf(access, question);
  check(request, facts);
  if (facts.databaseId !== undefined)
    await ensureDatabasePrepared(access, request.database, facts.databaseId);
  if (access.way === 'scram' && groups.length > 0 && facts.account !== undefined) {
    // Groups that add nothing are left out: then the session is the user's in everything.
    if (addNothing(facts)) {
      question = questionOf(access, request, []);
      facts = await readFacts(access.admin(access.home), question);
      check(request, facts);
    }
  }
  const ready = readyRole(access, request, facts, question);
  if (ready !== undefined) return ready;

  const login = { access, request, question };
  // Nothing that is there must be looked at again before it is changed.
  if (facts.session === undefined) {
    const steps = await roleSteps(access.admin(access.home), login, facts);
    const made = await tryAtOnce(access, steps, (client) => conclude(client, login, facts));
    if (made !== undefined) return made;
  }
  return underRoleLock(access, async (client) => {
    const present = await readFacts(client, question);
    check(request, present);
    await runSteps(client, await roleSteps(client, login, present));
    const { result, last } = await conclude(client, login, present);
    await runSteps(client, last);
    return result;
  });
}

interface Login {
  readonly access: ServerAccess;
  readonly request: ProvisionRequest;
  readonly question: FactsQuestion;
}

/** The statements that make what is missing to a login, and mend what is wrong. */
async function roleSteps(client: Queryable, login: Login, facts: ProvisionFacts): Promise<RoleStep[]> {
  const { access, request, question } = login;
  const { account } = facts;
  const user = account === undefined ? [{ sql: createUser(request.dbUser) }] : [];
  if (runsAsUser(access, facts)) return user;
  const { dbUser: userName } = request;
  const wanted = { name: question.sessionRole, userName, connectionLimit: account?.connectionLimit ?? -1 };
  return [...user, ...(await sessionRoleSteps(client, access, facts, wanted))];
}

/** Looks at what the statements have made, in their transaction, and notes the use of a session role. */
async function conclude(
  client: pg.PoolClient,
  { access, request, question }: Login,
  before: ProvisionFacts,
): Promise<Conclusion<Provisioned>> {
  const facts = await readFacts(client, question);
  check(request, facts);
  const noted = runsAsUser(access, facts)
    ? { facts, steps: [] }
    : noteUse(access, question.sessionRole, facts);
  const made = readyRole(access, request, noted.facts, question);
  if (made === undefined) throw new Error(`the roles for "${request.dbUser}" did not become right`);
  const result = { ...made, created: before.account === undefined };
  return { result, last: noted.steps };
}

function factsOf(access: ServerAccess, question: FactsQuestion): Promise<ProvisionFacts> {
  const held = access.way === 'scram' ? undefined : access.heldFacts;
  return held === undefined ? readFacts(access.admin(access.home), question) : held.read(question);
}

/**
 * A user whose password is disabled, whom every superuser of the cluster may administer. The past date keeps a
 * password from working that the user gives itself; logins with temporary credentials do not look at it.
 */
function createUser(dbUser: string): string {
  return `CREATE ROLE ${quoteIdentifier(dbUser)} LOGIN PASSWORD NULL VALID UNTIL '-infinity' ADMIN keyshift_superuser`;
}

/** Throws SqlError 3D000 for a database that is PostgreSQL's own or Keyshift's: to clients there is none. */
export function requireClientDatabase(database: string): void {
  if (TEMPLATES.has(database) || isReservedRoleName(database)) throw databaseMissing(database);
}

function refuseNames(request: ProvisionRequest, groups: readonly string[]): void {
  const { dbUser, database } = request;
  requireClientDatabase(database);
  for (const name of [dbUser, ...groups]) {
    if (Buffer.byteLength(name) > LIMITS.postgresNameBytesMax) {
      throw new SqlError('42622', `identifier "${name}" is too long`, {
        detail: `The longest name has ${LIMITS.postgresNameBytesMax} bytes.`,
      });
    }
  }
  const isRefused = isReservedRoleName(dbUser) && !isIamUserName(dbUser);
  if (dbUser === '' || dbUser.includes('\0') || isRefused) throw notForClients(request);
  for (const group of groups) {
    if (group === '' || group.includes('\0') || isReservedRoleName(group)) throw groupMissing(group);
  }
}

/** The refusals, in the order in which a client learns them. */
function check(request: ProvisionRequest, facts: ProvisionFacts): void {
  if (!facts.databaseExists) throw databaseMissing(request.database);
  const { account } = facts;
  if (account === undefined && !request.autoCreate) {
    throw new SqlError('42704', `user "${request.displayName}" does not exist`);
  }
  if (account !== undefined && (account.powerful || account.isSessionRole)) throw notForClients(request);
  if (account !== undefined && !account.mayLogIn) {
    throw new SqlError('28000', `role "${request.dbUser}" is not permitted to log in`);
  }
  for (const group of facts.groups) {
    if (group.id === null || group.isGroup !== true || group.powerful === true)
      throw groupMissing(group.name);
  }
  if (
    account !== undefined &&
    account.connectionLimit >= 0 &&
    !account.isSuperuser &&
    account.connections >= account.connectionLimit
  ) {
    throw new UserLimitReached('53300', `too many connections for role "${request.dbUser}"`);
  }
}

function questionOf(
  access: ServerAccess,
  request: ProvisionRequest,
  groups: readonly string[],
): FactsQuestion {
  return {
    dbUser: request.dbUser,
    groups,
    database: request.database,
    sessionRole: sessionRoleName(request.dbUser, groups),
    ignoredBackends: request.ignoredBackends ?? [],
    way: access.way,
  };
}

function readyRole(
  access: ServerAccess,
  request: ProvisionRequest,
  facts: ProvisionFacts,
  question: FactsQuestion,
): Provisioned | undefined {
  const { account, session } = facts;
  if (account === undefined) return undefined;
  const { configLoadedAt } = facts;
  if (runsAsUser(access, facts)) {
    const { id: loginRoleId, loginState } = account;
    return { loginRole: request.dbUser, loginRoleId, created: false, loginState, configLoadedAt };
  }
  if (session === undefined || !sessionRoleIsRight(facts, account)) return undefined;
  const { id: loginRoleId, loginState } = session;
  return { loginRole: question.sessionRole, loginRoleId, created: false, loginState, configLoadedAt };
}

/** Where the server asks for passwords, no session runs as the user itself: its password is not ours to change. */
function runsAsUser(access: ServerAccess, facts: ProvisionFacts): boolean {
  return access.way !== 'scram' && addNothing(facts);
}

/** Groups that the user has anyway need no role of their own, and superusers are unaffected by groups. */
function addNothing({ account, groups }: ProvisionFacts): boolean {
  return account?.isSuperuser === true || groups.every((group) => group.inherited);
}

function databaseMissing(database: string): SqlError {
  return new SqlError('3D000', `database "${database}" does not exist`);
}

function groupMissing(group: string): SqlError {
  return new SqlError('42704', `group "${group}" does not exist`);
}

function notForClients(request: ProvisionRequest): SqlError {
  return new SqlError('28000', `role "${request.dbUser}" cannot be used with temporary credentials`, {
    detail: 'It is reserved, or has rights over the whole server.',
  });
}
