import { codeOf } from '../core/errors.ts';
import { underRoleLock } from './role-lock.ts';
import type { ServerAccess } from './server-access.ts';

/**
 * Takes the rights of groups from session roles whose database user was dropped, for the sessions that are still open.
 * PostgreSQL takes its own rights from the sessions of a dropped role, but those of the groups are the session role's.
 */

/** Memberships of one look; those beyond are taken at the next. */
const BATCH_MAX = 1_000;
const INSUFFICIENT_PRIVILEGE = '42501';

/** Names as PostgreSQL quotes them. The mark stays: by it what the session tries to make is refused. */
const RIGHTS_OF_ORPHANS = `
  SELECT m.roleid::regrole::text AS "group", m.member::regrole::text AS role, m.grantor::regrole::text AS grantor
  FROM pg_roles mark JOIN pg_auth_members k ON k.roleid = mark.oid
  CROSS JOIN LATERAL (SELECT shobj_description(k.member, 'pg_authid') AS text) d
  CROSS JOIN LATERAL (SELECT CASE WHEN d.text IS JSON OBJECT THEN d.text::jsonb END AS said) c
  JOIN pg_auth_members m ON m.member = k.member AND m.roleid <> mark.oid
  WHERE mark.rolname = 'keyshift_session' AND c.said IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_roles u WHERE u.oid = (c.said ->> 'user')::oid)
  ORDER BY m.oid LIMIT ${BATCH_MAX}`;

interface Right {
  readonly group: string;
  readonly role: string;
  readonly grantor: string;
}

/** Gives how many memberships were taken. Safe beside `provision` and the reaper. */
export async function disarmOrphans(access: ServerAccess): Promise<number> {
  const found = await access.admin(access.home).query<Right>(RIGHTS_OF_ORPHANS);
  if (found.rows.length === 0) return 0;
  return underRoleLock(access, async (client) => {
    // What was seen before the lock may have gone since.
    const { rows } = await client.query<Right>(RIGHTS_OF_ORPHANS);
    let taken = 0;
    for (const { group, role, grantor } of rows) {
      await client.query('SAVEPOINT before_revoke');
      try {
        await client.query(`REVOKE ${group} FROM ${role} GRANTED BY ${grantor} CASCADE`);
        taken++;
      } catch (error) {
        // Granted by another, on a server where Keyshift is no superuser.
        if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
        await client.query('ROLLBACK TO SAVEPOINT before_revoke');
      }
    }
    return taken;
  });
}
