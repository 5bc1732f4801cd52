-- Makes one database ready for session roles. Run by the administrator in one transaction, any number of times.
--
-- A session role is a member of the role keyshift_session, and its comment, which only the administrator can
-- change, says whom it stands for: {"user": oid, "groups": [oid, ...], "used": timestamp}.

DO $prepare$
BEGIN
  IF EXISTS (
    SELECT FROM pg_catalog.pg_namespace
    WHERE nspname = 'keyshift' AND nspowner <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
  ) THEN
    -- Its owner could drop what is inside.
    RAISE EXCEPTION 'the schema "keyshift" belongs to another role' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
END
$prepare$;

CREATE SCHEMA IF NOT EXISTS keyshift;
GRANT USAGE ON SCHEMA keyshift TO PUBLIC;

-- Locked while roles are changed. Not an advisory lock: anybody may take and hold one of those.
CREATE TABLE IF NOT EXISTS keyshift.role_change ();

-- Whom a role stands for. No row for a role that is not a session role.
CREATE OR REPLACE FUNCTION keyshift.session_role(role_name name)
RETURNS TABLE (role_id oid, user_id oid, group_ids oid[])
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog
AS $body$
  SELECT r.oid, (said.it ->> 'user')::oid, ARRAY(SELECT g::oid FROM jsonb_array_elements_text(said.it -> 'groups') g)
  FROM pg_roles r
  JOIN pg_auth_members m ON m.member = r.oid
  JOIN pg_roles mark ON mark.oid = m.roleid AND mark.rolname = 'keyshift_session'
  CROSS JOIN LATERAL (SELECT shobj_description(r.oid, 'pg_authid')::jsonb AS it) said
  WHERE r.rolname = role_name
$body$;

-- The database user of this session, whatever role it runs under and whatever the user is called by now. NULL in a
-- session with groups whose user was dropped.
CREATE OR REPLACE FUNCTION keyshift.session_user_name()
RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog
AS $body$
  SELECT CASE WHEN s.role_id IS NULL THEN session_user ELSE u.rolname END
  FROM (VALUES (true)) always
  LEFT JOIN keyshift.session_role(session_user) s ON always.column1
  LEFT JOIN pg_roles u ON u.oid = s.user_id
$body$;

-- The groups that this session's credential named, sorted. Not the user's permanent groups.
CREATE OR REPLACE FUNCTION keyshift.session_groups()
RETURNS name[]
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog
AS $body$
  SELECT coalesce(array_agg(g.rolname ORDER BY g.rolname), ARRAY[]::name[])
  FROM keyshift.session_role(session_user) s JOIN pg_roles g ON g.oid = ANY (s.group_ids)
$body$;

-- Gives a new object the privileges that its owner's ALTER DEFAULT PRIVILEGES would have given it at creation
-- (PostgreSQL 18, get_user_default_acl): the owner's entry for all schemas replaces the built-in default, and
-- his entry for this schema is added.
CREATE OR REPLACE FUNCTION keyshift.apply_default_privileges(
  kind "char", target text, owner_id oid, namespace_id oid
)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  built_in constant aclitem[] := acldefault(kind, owner_id);
  everywhere aclitem[];
  here aclitem[];
  change record;
BEGIN
  SELECT defaclacl INTO everywhere FROM pg_default_acl
  WHERE defaclrole = owner_id AND defaclnamespace = 0 AND defaclobjtype = kind;
  SELECT defaclacl INTO here FROM pg_default_acl
  WHERE defaclrole = owner_id AND defaclnamespace = namespace_id AND defaclobjtype = kind;
  IF everywhere IS NULL AND here IS NULL THEN
    RETURN;
  END IF;
  FOR change IN
    WITH wanted AS (
      SELECT grantee, privilege_type, bool_or(is_grantable) AS is_grantable
      FROM aclexplode(coalesce(everywhere, built_in) || coalesce(here, '{}')) GROUP BY 1, 2
    )
    SELECT 'REVOKE %s ON %s FROM %s' AS command, b.grantee, b.privilege_type
    FROM aclexplode(built_in) b
    WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.grantee = b.grantee AND w.privilege_type = b.privilege_type)
    UNION ALL
    SELECT 'GRANT %s ON %s TO %s' || CASE WHEN w.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
      w.grantee, w.privilege_type
    FROM wanted w
    WHERE NOT EXISTS (
      SELECT FROM aclexplode(built_in) b
      WHERE b.grantee = w.grantee AND b.privilege_type = w.privilege_type AND b.is_grantable >= w.is_grantable
    )
  LOOP
    EXECUTE format(
      change.command, change.privilege_type, target,
      CASE WHEN change.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(change.grantee)) END
    );
  END LOOP;
END
$body$;

-- After every DDL command of a session role: all that it owns goes to its user. A session role owns nothing
-- between two commands, so what it owns now was made by this one.
CREATE OR REPLACE FUNCTION keyshift.hand_to_user()
RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  stands record;
  user_name name;
  kinds "char"[];
  targets text[];
  namespaces oid[];
BEGIN
  SELECT * INTO stands FROM keyshift.session_role(session_user);
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT rolname INTO user_name FROM pg_roles WHERE oid = stands.user_id;
  IF user_name IS NULL THEN
    RAISE EXCEPTION 'the database user of this session does not exist any more' USING ERRCODE = 'undefined_object';
  END IF;
  IF EXISTS (SELECT FROM pg_default_acl WHERE defaclrole = stands.role_id) THEN
    RAISE EXCEPTION 'default privileges cannot be given for a session role' USING
      ERRCODE = 'feature_not_supported',
      HINT = format('Write ALTER DEFAULT PRIVILEGES FOR ROLE %I.', user_name);
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_shdepend
    WHERE refclassid = 'pg_authid'::regclass AND refobjid = stands.role_id AND deptype = 'o'
  ) THEN
    RETURN;
  END IF;
  WITH made AS (
    SELECT classid, objid FROM pg_shdepend
    WHERE refclassid = 'pg_authid'::regclass AND refobjid = stands.role_id AND deptype = 'o'
      AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  ), items AS (
    SELECT CASE WHEN c.relkind = 'S' THEN 'S' ELSE 'r' END::"char" AS kind,
      CASE WHEN c.relkind = 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || c.oid::regclass::text AS target,
      c.relnamespace AS namespace
    FROM made JOIN pg_class c ON c.oid = made.objid
    WHERE made.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'f', 'ROUTINE ' || p.oid::regprocedure::text, p.pronamespace
    FROM made JOIN pg_proc p ON p.oid = made.objid WHERE made.classid = 'pg_proc'::regclass
    UNION ALL
    SELECT 'T', 'TYPE ' || t.oid::regtype::text, t.typnamespace
    FROM made JOIN pg_type t ON t.oid = made.objid WHERE made.classid = 'pg_type'::regclass
    UNION ALL
    SELECT 'n', 'SCHEMA ' || quote_ident(n.nspname), 0
    FROM made JOIN pg_namespace n ON n.oid = made.objid WHERE made.classid = 'pg_namespace'::regclass
  )
  SELECT array_agg(kind), array_agg(target), array_agg(namespace) INTO kinds, targets, namespaces FROM items;
  -- Every kind of object that has an owner, in the right order for sequences and their tables.
  EXECUTE format('REASSIGN OWNED BY %I TO %I', session_user, user_name);
  FOR i IN 1 .. coalesce(array_length(kinds, 1), 0) LOOP
    PERFORM keyshift.apply_default_privileges(kinds[i], targets[i], stands.user_id, namespaces[i]);
  END LOOP;
END
$body$;

-- Every user may ask who it is, whatever default privileges the administrator has.
GRANT EXECUTE ON FUNCTION keyshift.session_role(name) TO PUBLIC;
GRANT EXECUTE ON FUNCTION keyshift.session_user_name() TO PUBLIC;
GRANT EXECUTE ON FUNCTION keyshift.session_groups() TO PUBLIC;
REVOKE ALL ON FUNCTION keyshift.apply_default_privileges("char", text, oid, oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION keyshift.hand_to_user() FROM PUBLIC;

DO $prepare$
BEGIN
  -- Only a superuser can make one. Without it, what a session with groups makes stays with its session role.
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = 'keyshift_hand_to_user')
  THEN
    CREATE EVENT TRIGGER keyshift_hand_to_user ON ddl_command_end EXECUTE FUNCTION keyshift.hand_to_user();
  END IF;
END
$prepare$;
