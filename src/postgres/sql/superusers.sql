-- What one superuser of Amazon Redshift may do to another, and PostgreSQL does not let an ordinary role do: ADMIN on a
-- role is a membership, and two roles cannot be members of each other. Run by the administrator in every database, in
-- one transaction with prepare-database.sql, any number of times.
--
-- Who may run them is decided by EXECUTE, which looks at the role in force. session_user would not do: under VACUUM or
-- REFRESH a superuser, and in autovacuum the administrator, runs functions that others wrote.

DO $prepare$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'keyshift_superuser') THEN
    CREATE ROLE keyshift_superuser NOLOGIN;
  END IF;
  -- Its members have SYSLOG ACCESS UNRESTRICTED; superusers say who is one.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'keyshift_syslog') THEN
    CREATE ROLE keyshift_syslog NOLOGIN;
    GRANT keyshift_syslog TO keyshift_superuser WITH ADMIN TRUE, INHERIT TRUE, SET FALSE;
  END IF;
END
$prepare$;

-- The role of that name, if it is a user in whose rank a superuser has a say.
CREATE OR REPLACE FUNCTION keyshift.manageable_user(target name)
RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  account record;
BEGIN
  SELECT r.oid, r.rolcanlogin, r.rolsuper OR r.rolreplication AS powerful INTO account
  FROM pg_roles r WHERE r.rolname = target;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'user "%" does not exist', target USING ERRCODE = 'undefined_object';
  END IF;
  IF account.powerful OR account.oid < 16384 OR target ~* '^(pg_|keyshift_)' OR strpos(target, ':') > 0
    OR EXISTS (
      SELECT FROM pg_auth_members m JOIN pg_roles mark ON mark.oid = m.roleid
      WHERE mark.rolname = 'keyshift_session' AND m.member = account.oid
    )
  THEN
    RAISE EXCEPTION 'role name "%" is reserved', target USING ERRCODE = 'reserved_name';
  END IF;
  IF NOT account.rolcanlogin THEN
    RAISE EXCEPTION 'user "%" does not exist', target USING
      ERRCODE = 'undefined_object', DETAIL = 'The name is that of a group.';
  END IF;
  RETURN account.oid;
END
$body$;

-- Memberships that a role has granted stay when it goes: they are recorded as the administrator's.
CREATE OR REPLACE PROCEDURE keyshift.keep_grants_of(role_id oid)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  given record;
BEGIN
  FOR given IN
    -- 10 is the role that a PostgreSQL superuser's grants are recorded under: what it has granted already is kept too.
    SELECT m.roleid::regrole AS role, m.member::regrole AS member, bool_or(m.admin_option) AS admin,
      bool_or(m.inherit_option) AS inherit, bool_or(m.set_option) AS set
    FROM pg_auth_members m
    WHERE m.grantor IN (role_id, 10)
    GROUP BY m.roleid, m.member HAVING bool_or(m.grantor = role_id)
  LOOP
    EXECUTE format(
      'GRANT %s TO %s WITH ADMIN %s, INHERIT %s, SET %s',
      given.role, given.member, given.admin::text, given.inherit::text, given.set::text
    );
    EXECUTE format('REVOKE %s FROM %s GRANTED BY %s', given.role, given.member, role_id::regrole);
  END LOOP;
END
$body$;

-- CREATEUSER: an ordinary user leaves the care of the superusers and becomes one.
CREATE OR REPLACE PROCEDURE keyshift.promote_user(target name)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  user_id constant oid := keyshift.manageable_user(target);
  superusers constant oid := 'keyshift_superuser'::regrole;
  entry record;
BEGIN
  -- Whoever has the user's rights would have a superuser's rights with them.
  SELECT pg_get_userbyid(m.member) AS name INTO entry FROM pg_auth_members m
  WHERE m.roleid = user_id AND (m.inherit_option OR m.set_option) AND NOT pg_has_role(m.member, superusers, 'MEMBER')
    AND m.member <> superusers
    AND NOT EXISTS (
      SELECT FROM pg_auth_members k WHERE k.member = m.member AND k.roleid = to_regrole('keyshift_session')
    )
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'user "%" cannot become a superuser because role "%" is a member of it', target, entry.name USING
      ERRCODE = 'object_in_use', HINT = format('Run REVOKE %I FROM %I first.', target, entry.name);
  END IF;
  LOOP
    -- One after the other, because one may take others with it.
    SELECT m.member::regrole AS member, m.grantor::regrole AS grantor INTO entry FROM pg_auth_members m
    WHERE m.roleid = user_id AND NOT EXISTS (
      SELECT FROM pg_auth_members k WHERE k.member = m.member AND k.roleid = to_regrole('keyshift_session')
    )
    LIMIT 1;
    EXIT WHEN NOT FOUND;
    EXECUTE format('REVOKE %I FROM %s GRANTED BY %s CASCADE', target, entry.member, entry.grantor);
  END LOOP;
  EXECUTE format('ALTER ROLE %I CREATEROLE CREATEDB CONNECTION LIMIT -1', target);
  EXECUTE format('GRANT keyshift_superuser TO %I WITH ADMIN TRUE, INHERIT TRUE, SET TRUE', target);
END
$body$;

-- NOCREATEUSER: a superuser becomes an ordinary user in the care of the others. What it has made and granted stays.
CREATE OR REPLACE PROCEDURE keyshift.demote_user(target name, may_create_databases boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  user_id constant oid := keyshift.manageable_user(target);
  superusers constant oid := 'keyshift_superuser'::regrole;
  entry record;
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
    WHERE m.roleid = superusers AND r.rolcanlogin AND m.member <> user_id
  ) THEN
    RAISE EXCEPTION 'user "%" is the only superuser', target USING
      ERRCODE = 'object_in_use', HINT = 'Make another user a superuser first: ALTER USER ... CREATEUSER.';
  END IF;
  CALL keyshift.keep_grants_of(user_id);
  FOR entry IN
    SELECT m.roleid::regrole AS role, m.grantor::regrole AS grantor, m.inherit_option OR m.set_option AS belongs,
      pg_has_role(m.roleid, superusers, 'MEMBER') AS is_superuser
    FROM pg_auth_members m
    WHERE m.member = user_id AND m.admin_option AND m.roleid >= 16384 AND m.roleid <> superusers
  LOOP
    -- Whoever creates a role administers it. From now on the superusers do that together.
    IF NOT entry.is_superuser THEN
      EXECUTE format('GRANT %s TO keyshift_superuser WITH ADMIN TRUE, INHERIT TRUE, SET TRUE', entry.role);
    END IF;
    EXECUTE format(
      'REVOKE %s %s FROM %I GRANTED BY %s',
      CASE WHEN entry.belongs THEN 'ADMIN OPTION FOR' ELSE '' END, entry.role, target, entry.grantor
    );
  END LOOP;
  FOR entry IN SELECT grantor::regrole FROM pg_auth_members WHERE roleid = superusers AND member = user_id LOOP
    EXECUTE format('REVOKE keyshift_superuser FROM %I GRANTED BY %s', target, entry.grantor);
  END LOOP;
  SELECT m.roleid::regrole AS role INTO entry FROM pg_auth_members m
  WHERE m.member = user_id AND pg_has_role(m.roleid, superusers, 'MEMBER') LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'user "%" is still a superuser because it is a member of %', target, entry.role USING
      ERRCODE = 'object_in_use', HINT = format('Run REVOKE %s FROM %I first.', entry.role, target);
  END IF;
  EXECUTE format(
    'ALTER ROLE %I NOCREATEROLE %s', target, CASE WHEN may_create_databases THEN 'CREATEDB' ELSE 'NOCREATEDB' END
  );
  EXECUTE format('GRANT %I TO keyshift_superuser WITH ADMIN TRUE, INHERIT TRUE, SET TRUE', target);
END
$body$;

REVOKE ALL ON FUNCTION keyshift.manageable_user(name) FROM PUBLIC;
REVOKE ALL ON PROCEDURE keyshift.keep_grants_of(oid) FROM PUBLIC;
REVOKE ALL ON PROCEDURE keyshift.promote_user(name) FROM PUBLIC;
REVOKE ALL ON PROCEDURE keyshift.demote_user(name, boolean) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE keyshift.promote_user(name) TO keyshift_superuser;
GRANT EXECUTE ON PROCEDURE keyshift.demote_user(name, boolean) TO keyshift_superuser;
