import type { ServerAccess } from './server-access.ts';

/** The sessions of an embedded server, and for how long each may do nothing. */

export interface OpenSession {
  readonly pid: number;
  /** When its backend began, in seconds: process ids come again. */
  readonly began: number;
  /** SESSION TIMEOUT of its user as it is now, in seconds; 0 for none. */
  readonly timeout: number;
  /** For how many seconds it has done nothing, outside of transactions. */
  readonly idle: number;
}

const OPEN_SESSIONS = `
  SELECT a.pid, extract(epoch FROM a.backend_start)::float8 AS began,
    keyshift.idle_seconds(coalesce(stands.user_id, a.usesysid)) AS timeout,
    CASE WHEN a.state = 'idle' THEN extract(epoch FROM clock_timestamp() - a.state_change)::float8 ELSE 0 END AS idle
  FROM pg_stat_activity a
  LEFT JOIN LATERAL keyshift.session_role(a.usename) stands ON true
  WHERE a.backend_type = 'client backend' AND a.usename <> $1`;

export async function openSessions(access: ServerAccess): Promise<readonly OpenSession[]> {
  const admin = access.admin(access.home);
  return (await admin.query<OpenSession>(OPEN_SESSIONS, [access.ownRole])).rows;
}
