-- What the system tables of Amazon Redshift (the files in redshift/) are made from. Run by the administrator of an
-- embedded server in every database, before them, any number of times. Views here are read with the administrator's
-- rights, but functions inside them still see who asks.

-- Whether who asks is a superuser in Redshift's sense.
CREATE OR REPLACE FUNCTION keyshift.is_superuser()
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog
AS $body$
  SELECT pg_has_role('keyshift_superuser', 'USAGE')
$body$;

-- Whether who asks sees the rows of others too: a superuser, or a user with SYSLOG ACCESS UNRESTRICTED.
CREATE OR REPLACE FUNCTION keyshift.sees_all_rows()
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog
AS $body$
  SELECT pg_has_role('keyshift_superuser', 'USAGE') OR pg_has_role('keyshift_syslog', 'USAGE')
$body$;

GRANT EXECUTE ON FUNCTION keyshift.is_superuser() TO PUBLIC;
GRANT EXECUTE ON FUNCTION keyshift.sees_all_rows() TO PUBLIC;

-- Users and groups, without the roles that only stand for sessions, PostgreSQL's own and Keyshift's own groups.
CREATE OR REPLACE VIEW keyshift.redshift_identities AS
SELECT r.oid, r.rolname AS name, r.rolcanlogin AS is_user, r.rolcreatedb AS may_create_databases,
  r.rolsuper OR (r.rolcreaterole AND pg_has_role(r.oid, 'keyshift_superuser', 'MEMBER')) AS is_superuser,
  r.rolsuper AS may_update_catalogs, r.rolconnlimit AS connection_limit,
  nullif(r.rolvaliduntil, '-infinity') AS valid_until,
  (SELECT s.setconfig FROM pg_db_role_setting s WHERE s.setrole = r.oid AND s.setdatabase = 0) AS settings,
  EXISTS (
    SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
    WHERE g.rolname = 'keyshift_syslog' AND m.member = r.oid
  ) AS sees_system_logs,
  substring(shobj_description(r.oid, 'pg_authid') FROM '^EXTERNALID (.*)$') AS external_id
FROM pg_authid r
WHERE r.rolname !~ '^(pg_|keyshift_)' AND NOT EXISTS (
  SELECT FROM pg_auth_members m JOIN pg_roles mark ON mark.oid = m.roleid
  WHERE m.member = r.oid AND mark.rolname = 'keyshift_session'
);

-- Tables and views of this database that who asks may know of, in the words of Redshift.
CREATE OR REPLACE VIEW keyshift.redshift_relations AS
SELECT c.oid, n.nspname AS schema_name, c.relname AS name, c.relkind AS kind, c.relowner AS owner, c.relacl AS acl,
  c.relkind IN ('v', 'm') AS is_view, c.relkind = 'f' AS is_external, n.nspname = 'pg_catalog' AS is_system,
  obj_description(c.oid, 'pg_class') AS remarks
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_toast', 'keyshift')
  AND NOT pg_is_other_temp_schema(n.oid)
  AND (
    keyshift.is_superuser() OR pg_has_role(c.relowner, 'USAGE')
    OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
  );

-- Their columns. Lengths and precisions as in the SQL standard's information schema.
CREATE OR REPLACE VIEW keyshift.redshift_columns AS
SELECT r.oid, r.schema_name, r.name AS table_name, r.is_external, a.attname AS name, a.attnum::int AS position,
  pg_get_expr(d.adbin, d.adrelid) AS default_value, NOT (a.attnotnull OR t.typnotnull) AS is_nullable,
  format_type(a.atttypid, NULL) AS data_type, format_type(a.atttypid, a.atttypmod) AS full_type,
  CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 0 THEN a.atttypmod - 4
    WHEN a.atttypid IN ('bit'::regtype, 'varbit'::regtype) AND a.atttypmod > 0 THEN a.atttypmod
  END AS max_length,
  CASE a.atttypid WHEN 'int2'::regtype THEN 16 WHEN 'int4'::regtype THEN 32 WHEN 'int8'::regtype THEN 64
    WHEN 'float4'::regtype THEN 24 WHEN 'float8'::regtype THEN 53
    WHEN 'numeric'::regtype THEN CASE WHEN a.atttypmod > 0 THEN ((a.atttypmod - 4) >> 16) & 65535 END
  END AS numeric_precision,
  CASE WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype)
    THEN 2 WHEN a.atttypid = 'numeric'::regtype THEN 10 END AS numeric_radix,
  CASE WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 0
    WHEN a.atttypid = 'numeric'::regtype AND a.atttypmod > 0 THEN ((a.atttypmod - 4) & 2047 # 1024) - 1024
  END AS numeric_scale,
  CASE WHEN a.atttypid = 'date'::regtype THEN 0
    WHEN a.atttypid IN ('time'::regtype, 'timetz'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
    THEN CASE WHEN a.atttypmod < 0 THEN 6 ELSE a.atttypmod END
  END AS datetime_precision,
  CASE WHEN t.typtype = 'd' THEN t.typname END AS domain_name, a.attacl AS acl,
  col_description(r.oid, a.attnum) AS remarks
FROM keyshift.redshift_relations r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;

-- Whom a privilege is granted to, and whether who asks may know of it.
CREATE OR REPLACE VIEW keyshift.redshift_grantees AS
SELECT oid, name::text AS name, CASE WHEN is_user THEN 'user' ELSE 'group' END AS kind,
  keyshift.sees_all_rows() OR pg_has_role(oid, 'USAGE') AS is_visible
FROM keyshift.redshift_identities
UNION ALL
SELECT 0::oid, 'public', 'public', true;

-- There are no late-binding views in PostgreSQL. The caller names the columns.
CREATE OR REPLACE FUNCTION pg_catalog.pg_get_late_binding_view_cols()
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog
AS $body$
  SELECT NULL::name, NULL::name, NULL::name, NULL::varchar, NULL::int WHERE false
$body$;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_get_late_binding_view_cols() TO PUBLIC;

-- Functions that PostgreSQL has under other names, as far as queries of drivers call them.
CREATE OR REPLACE FUNCTION pg_catalog.regexp_replace(source text, pattern text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = pg_catalog
AS $body$
  SELECT regexp_replace(source, pattern, '', 'g')
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.charindex(part text, whole text)
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = pg_catalog
AS $body$
  SELECT strpos(whole, part)
$body$;
CREATE OR REPLACE FUNCTION pg_catalog.isnull(value text, otherwise text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog
AS $body$
  SELECT coalesce(value, otherwise)
$body$;
GRANT EXECUTE ON FUNCTION pg_catalog.regexp_replace(text, text), pg_catalog.charindex(text, text),
  pg_catalog.isnull(text, text) TO PUBLIC;

-- What Keyshift has noted of the past in files of its own (postgres/system-log.ts), oldest first. The functions that
-- read them run as the administrator: the whole is only for superusers, as EXECUTE says, which looks at the role in
-- force; everybody else gets the lines about the user of the session.
CREATE OR REPLACE FUNCTION keyshift.system_log(kind text)
RETURNS SETOF jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT line::jsonb
  FROM unnest(ARRAY['keyshift/connections.1', 'keyshift/connections', 'keyshift/users.1', 'keyshift/users']) WITH ORDINALITY file (name, n),
    LATERAL string_to_table(pg_read_file(name, true), E'\n') line
  WHERE split_part(split_part(name, '/', 2), '.', 1) = kind AND line IS JSON OBJECT
$body$;
CREATE OR REPLACE FUNCTION keyshift.system_log_of_user(kind text)
RETURNS SETOF jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT entry FROM keyshift.system_log(kind) entry WHERE entry ->> 'dbUser' = keyshift.session_user_name()
$body$;
-- The ends of sessions, for users with SYSLOG ACCESS UNRESTRICTED too.
CREATE OR REPLACE FUNCTION keyshift.ended_sessions()
RETURNS SETOF jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT entry FROM keyshift.system_log('connections') entry WHERE entry ->> 'event' = 'disconnecting session'
$body$;
CREATE OR REPLACE FUNCTION keyshift.visible_ended_sessions()
RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
  IF keyshift.sees_all_rows() THEN
    RETURN QUERY SELECT * FROM keyshift.ended_sessions();
  ELSE
    RETURN QUERY SELECT * FROM keyshift.system_log_of_user('connections') entry
      WHERE entry ->> 'event' = 'disconnecting session';
  END IF;
END
$body$;
REVOKE ALL ON FUNCTION keyshift.system_log(text), keyshift.ended_sessions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keyshift.system_log(text) TO keyshift_superuser;
GRANT EXECUTE ON FUNCTION keyshift.ended_sessions() TO keyshift_superuser, keyshift_syslog;
GRANT EXECUTE ON FUNCTION keyshift.system_log_of_user(text), keyshift.visible_ended_sessions() TO PUBLIC;

-- After how long a session of a role ends that does nothing, in seconds; 0 for never.
CREATE OR REPLACE FUNCTION keyshift.idle_seconds(role_id oid)
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog
AS $body$
  SELECT coalesce((
    SELECT extract(epoch FROM substr(setting, strpos(setting, '=') + 1)::interval)::int
    FROM pg_db_role_setting s, unnest(s.setconfig) setting
    WHERE s.setrole = role_id AND s.setdatabase = 0 AND setting ~ '^idle_session_timeout=[0-9]+(ms|s|min|h|d)$'
  ), 0)
$body$;
GRANT EXECUTE ON FUNCTION keyshift.idle_seconds(oid) TO PUBLIC;
