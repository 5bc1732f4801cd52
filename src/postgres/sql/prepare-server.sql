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

-- What a managed superuser may do with everybody's data and sessions (PostgreSQL 18 manual, 21.5); pg_maintain is
-- there since PostgreSQL 17. Not among them: server programs, server files, settings of the server. An
-- administrator that is no superuser gives what it may give.
DO $prepare$
DECLARE
  predefined name;
BEGIN
  FOR predefined IN
    SELECT rolname FROM pg_catalog.pg_roles
    WHERE rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_monitor', 'pg_signal_backend', 'pg_maintain')
      AND pg_catalog.pg_has_role(oid, 'MEMBER WITH ADMIN OPTION')
  LOOP
    EXECUTE pg_catalog.format('GRANT %I TO keyshift_superuser', predefined);
  END LOOP;
  -- Every user is made with ADMIN for keyshift_superuser; thus the administrator has it of all of them.
  IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    GRANT keyshift_superuser TO CURRENT_USER WITH INHERIT TRUE, SET FALSE;
  END IF;
END
$prepare$;
