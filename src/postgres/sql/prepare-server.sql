-- Roles that every server needs. Run by the administrator, any number of times, after superusers.sql in its own
-- database, which has made the role keyshift_superuser.

DO $prepare$
BEGIN
  -- Marks session roles. Nobody has ADMIN on it, so nobody but the administrator can make one.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'keyshift_session') THEN
    CREATE ROLE keyshift_session NOLOGIN;
  END IF;
END
$prepare$;

-- What a managed superuser may do with everybody's data and sessions (PostgreSQL 18 manual, 21.5). Not among
-- them: server programs, server files, settings of the server.
GRANT pg_read_all_data, pg_write_all_data, pg_monitor, pg_signal_backend TO keyshift_superuser;

DO $prepare$
BEGIN
  -- VACUUM, ANALYZE and the like on any table: since PostgreSQL 17.
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pg_maintain') THEN
    GRANT pg_maintain TO keyshift_superuser;
  END IF;
END
$prepare$;
