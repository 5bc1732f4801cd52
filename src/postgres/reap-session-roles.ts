import type pg from 'pg';
import { codeOf } from '../core/errors.ts';
import { quoteIdentifier } from './quote.ts';
import { underRoleLock } from './role-lock.ts';
import type { ServerAccess } from './server-access.ts';

/** Removes session roles that nobody uses, so that a server does not collect them. */

/** Use is noted at most every 15 minutes (see sql/provision-facts.sql), so this leaves room for a login under way. */
const UNUSED_SECONDS = 3_600;
/** Roles looked at in one query; each then takes its own short transactions. */
const BATCH_MAX = 100;
/** A role whose objects somebody else holds locked can wait for the next time; nobody should wait for it. */
const LOCK_MS_MAX = 2_000;

export interface ReapOptions {
  /** Seconds since the noted use after which a role without sessions goes. */
  readonly unusedSeconds?: number;
  /** Stops before the next role. */
  readonly signal?: AbortSignal;
}

export interface Reaped {
  readonly dropped: readonly string[];
  /** Still needed by something in a database; tried again at the next call. */
  readonly kept: readonly string[];
}

interface Stray {
  readonly id: string;
  readonly name: string;
  readonly heir: string;
  readonly databases: readonly string[];
}

/**
 * Session roles without a session that were not used for a while, or whose user or a group of theirs is gone. One role
 * is found by its index: a condition that also lets all of them pass would read all of them for each that is dropped.
 */
const straysSql = (condition: string): string => `
  SELECT s.oid::text AS id, s.rolname AS name, coalesce(u.rolname, 'keyshift_superuser') AS heir,
    ARRAY(SELECT DISTINCT d.datname::text FROM pg_shdepend p JOIN pg_database d ON d.oid = p.dbid
          WHERE p.refclassid = 'pg_authid'::regclass AND p.refobjid = s.oid) AS databases
  FROM pg_roles mark JOIN pg_auth_members m ON m.roleid = mark.oid JOIN pg_roles s ON s.oid = m.member
  CROSS JOIN LATERAL (SELECT shobj_description(s.oid, 'pg_authid') AS text) d
  CROSS JOIN LATERAL (SELECT CASE WHEN d.text IS JSON OBJECT THEN d.text::jsonb END AS said) c
  LEFT JOIN pg_roles u ON u.oid = (c.said ->> 'user')::oid
  WHERE mark.rolname = 'keyshift_session'
    AND ${condition}
    AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.usesysid = s.oid)
    AND (
      coalesce((c.said ->> 'used')::timestamptz, '-infinity') < now() - make_interval(secs => $1)
      OR u.oid IS NULL
      OR EXISTS (
        SELECT FROM jsonb_array_elements_text(c.said -> 'groups') g
        WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = g::oid)
      )
    )
  ORDER BY s.oid LIMIT ${BATCH_MAX}`;
const STRAYS_AFTER = straysSql('s.oid > $2::text::oid');
const STRAY = straysSql('m.member = $2::text::oid');

/** Session roles by what was done with them: nothing yet, dropped, or kept because something in a database needs them. */
export interface Reconciled extends Reaped {
  readonly found: readonly string[];
}

/** The session roles that no session uses now, used lately or not: looked at, or removed. */
export async function reconcileSessionRoles(access: ServerAccess, remove: boolean): Promise<Reconciled> {
  if (remove) return { ...(await reapSessionRoles(access, { unusedSeconds: 0 })), found: [] };
  const found: string[] = [];
  let last = '0';
  for (let full = true; full; ) {
    const strays = await access.admin(access.home).query<Stray>(STRAYS_AFTER, [0, last]);
    full = strays.rows.length === BATCH_MAX;
    for (const { id, name } of strays.rows) {
      found.push(name);
      last = id;
    }
  }
  return { found, dropped: [], kept: [] };
}

/** Drops session roles that are not needed; what one may own after all goes to its user. Safe beside `provision`. */
export async function reapSessionRoles(access: ServerAccess, options: ReapOptions = {}): Promise<Reaped> {
  const { unusedSeconds = UNUSED_SECONDS, signal } = options;
  const dropped: string[] = [];
  const kept: string[] = [];
  let last = '0';
  for (let full = true; full; ) {
    const strays = await access.admin(access.home).query<Stray>(STRAYS_AFTER, [unusedSeconds, last]);
    full = strays.rows.length === BATCH_MAX;
    for (const stray of strays.rows) {
      if (signal?.aborted === true) return { dropped, kept };
      const outcome = await reapOne(access, stray, unusedSeconds);
      if (outcome === 'dropped') dropped.push(stray.name);
      if (outcome === 'in the way') kept.push(stray.name);
      last = stray.id;
    }
  }
  return { dropped, kept };
}

type Outcome = 'dropped' | 'needed again' | 'in the way';

async function reapOne(access: ServerAccess, stray: Stray, unused: number): Promise<Outcome> {
  // Large objects, for which PostgreSQL has no event trigger, and grants that a user made to the role itself.
  for (const database of stray.databases) {
    if (!(await releaseIn(access, database, stray))) return 'in the way';
  }
  return underRoleLock(access, (client) => dropIfStray(client, stray, unused));
}

/** False when somebody holds a lock on what is to be released, or it is not ours to release. */
async function releaseIn(access: ServerAccess, database: string, stray: Stray): Promise<boolean> {
  const role = quoteIdentifier(stray.name);
  const client = await access.admin(database).connect();
  try {
    await client.query(
      `BEGIN; SET LOCAL lock_timeout = ${LOCK_MS_MAX}; ` +
        `REASSIGN OWNED BY ${role} TO ${quoteIdentifier(stray.heir)}; DROP OWNED BY ${role}; COMMIT`,
    );
    return true;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    if (codeOf(error) === LOCK_NOT_AVAILABLE) return false;
    // Without event triggers a session role owns what it made, and only a superuser may give that away.
    if (!access.isSuperuser && codeOf(error) === INSUFFICIENT_PRIVILEGE) return false;
    throw error;
  } finally {
    // Not kept: an idle connection of ours would make DROP DATABASE wait.
    client.release(database !== access.home);
  }
}

const LOCK_NOT_AVAILABLE = '55P03';
const INSUFFICIENT_PRIVILEGE = '42501';
const DEPENDENT_OBJECTS_STILL_EXIST = '2BP01';

async function dropIfStray(client: pg.PoolClient, stray: Stray, unused: number): Promise<Outcome> {
  // A login may have come in between, or have renamed it and made a new one of the same name.
  const still = await client.query<Stray>(STRAY, [unused, stray.id]);
  const found = still.rows[0];
  if (found === undefined) return 'needed again';
  await client.query('SAVEPOINT before_drop');
  try {
    await client.query(`DROP ROLE ${quoteIdentifier(found.name)}`);
    return 'dropped';
  } catch (error) {
    if (codeOf(error) !== DEPENDENT_OBJECTS_STILL_EXIST) throw error;
    await client.query('ROLLBACK TO SAVEPOINT before_drop');
    return 'in the way';
  }
}
