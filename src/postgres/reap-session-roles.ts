import type pg from 'pg';
import { quoteIdentifier } from './quote.ts';
import { underRoleLock } from './role-lock.ts';
import type { ServerAccess } from './server-access.ts';

/** Removes session roles that nobody uses, so that a server does not collect them. */

/** Use is noted at most every 15 minutes (see sql/provision-facts.sql), so this leaves room for a login under way. */
const UNUSED_SECONDS = 3_600;
/** Roles removed in one call; each takes its own short transaction. */
const BATCH_MAX = 100;

export interface ReapOptions {
  /** Seconds since the noted use after which a role without sessions goes. */
  readonly unusedSeconds?: number;
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

/** Session roles without a session that were not used for a while, or whose user or a group of theirs is gone. */
const STRAYS_SQL = `
  SELECT s.oid::text AS id, s.rolname AS name, coalesce(u.rolname, 'keyshift_superuser') AS heir,
    ARRAY(SELECT DISTINCT d.datname::text FROM pg_shdepend p JOIN pg_database d ON d.oid = p.dbid
          WHERE p.refclassid = 'pg_authid'::regclass AND p.refobjid = s.oid) AS databases
  FROM pg_authid mark JOIN pg_auth_members m ON m.roleid = mark.oid JOIN pg_authid s ON s.oid = m.member
  CROSS JOIN LATERAL (SELECT shobj_description(s.oid, 'pg_authid') AS text) d
  CROSS JOIN LATERAL (SELECT CASE WHEN d.text IS JSON OBJECT THEN d.text::jsonb END AS said) c
  LEFT JOIN pg_authid u ON u.oid = (c.said ->> 'user')::oid
  WHERE mark.rolname = 'keyshift_session'
    AND ($2::text IS NULL OR s.oid = $2::text::oid)
    AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.usesysid = s.oid)
    AND (
      coalesce((c.said ->> 'used')::timestamptz, '-infinity') < now() - make_interval(secs => $1)
      OR u.oid IS NULL
      OR EXISTS (
        SELECT FROM jsonb_array_elements_text(c.said -> 'groups') g
        WHERE NOT EXISTS (SELECT FROM pg_authid r WHERE r.oid = g::oid)
      )
    )
  ORDER BY s.oid LIMIT ${BATCH_MAX}`;

/** Drops session roles that are not needed; what one may own after all goes to its user. Safe beside `provision`. */
export async function reapSessionRoles(access: ServerAccess, options: ReapOptions = {}): Promise<Reaped> {
  const unused = options.unusedSeconds ?? UNUSED_SECONDS;
  const dropped: string[] = [];
  const kept: string[] = [];
  const strays = await access.admin(access.home).query<Stray>(STRAYS_SQL, [unused, null]);
  for (const stray of strays.rows) {
    // Large objects, for which PostgreSQL has no event trigger, and grants that a user made to the role itself.
    for (const database of stray.databases) await releaseIn(access, database, stray);
    const gone = await underRoleLock(access, (client) => dropIfStray(client, stray, unused));
    if (gone === 'dropped') dropped.push(stray.name);
    if (gone === 'in the way') kept.push(stray.name);
  }
  return { dropped, kept };
}

async function releaseIn(access: ServerAccess, database: string, stray: Stray): Promise<void> {
  const role = quoteIdentifier(stray.name);
  const pool = access.admin(database);
  await pool.query(`REASSIGN OWNED BY ${role} TO ${quoteIdentifier(stray.heir)}`);
  await pool.query(`DROP OWNED BY ${role}`);
}

async function dropIfStray(
  client: pg.PoolClient,
  stray: Stray,
  unused: number,
): Promise<'dropped' | 'needed again' | 'in the way'> {
  // A login may have come in between, or have renamed it and made a new one of the same name.
  const still = await client.query<Stray>(STRAYS_SQL, [unused, stray.id]);
  const found = still.rows[0];
  if (found === undefined) return 'needed again';
  await client.query('SAVEPOINT before_drop');
  try {
    await client.query(`DROP ROLE ${quoteIdentifier(found.name)}`);
    return 'dropped';
  } catch (error) {
    // 2BP01: something depends on it.
    if (!(error instanceof Error && 'code' in error && error.code === '2BP01')) throw error;
    await client.query('ROLLBACK TO SAVEPOINT before_drop');
    return 'in the way';
  }
}
