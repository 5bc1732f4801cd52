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

-- Privileges that were granted, to others than the owner, as far as who asks may know of them.
CREATE OR REPLACE VIEW keyshift.redshift_grants AS
SELECT o.object_type, o.schema_name::text, o.object_name::text, o.column_name::text, o.argument_types,
  a.privilege_type, g.oid::int AS identity_id, g.name AS identity_name, g.kind AS identity_type,
  a.is_grantable AS admin_option, pg_get_userbyid(a.grantor)::text AS grantor_name
FROM (
  SELECT 'DATABASE' AS object_type, NULL::name AS schema_name, datname AS object_name, NULL::name AS column_name,
    NULL::text AS argument_types, datdba AS owner, coalesce(datacl, acldefault('d', datdba)) AS acl
  FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', 'keyshift_login')
  UNION ALL SELECT 'SCHEMA', nspname, nspname, NULL, NULL, nspowner, nspacl FROM pg_namespace
  UNION ALL
  SELECT 'TABLE', n.nspname, c.relname, NULL, NULL, c.relowner, c.relacl
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL
  SELECT 'COLUMN', n.nspname, c.relname, t.attname, NULL, c.relowner, t.attacl
  FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE t.attacl IS NOT NULL AND t.attnum > 0 AND NOT t.attisdropped
  UNION ALL
  SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, n.nspname, p.proname, NULL,
    oidvectortypes(p.proargtypes), p.proowner, p.proacl
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
) o
CROSS JOIN LATERAL aclexplode(o.acl) a
JOIN keyshift.redshift_grantees g ON g.oid = a.grantee
WHERE o.schema_name IS DISTINCT FROM 'keyshift' AND a.grantee <> o.owner
  AND (g.is_visible OR pg_has_role(o.owner, 'USAGE'));

-- Primary keys, a row for each column.
CREATE OR REPLACE VIEW keyshift.redshift_primary_keys AS
SELECT current_database()::text AS database_name, r.schema_name::text, r.name::text AS table_name,
  c.conname::text AS pk_name, a.attname::text AS column_name, k.n::smallint AS key_seq
FROM keyshift.redshift_relations r
JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype = 'p'
CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY k (attnum, n)
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum;

-- Foreign keys, a row for each column. The rules are the numbers of JDBC's DatabaseMetaData.getImportedKeys.
CREATE OR REPLACE VIEW keyshift.redshift_foreign_keys AS
SELECT current_database()::text AS pk_database_name, p.schema_name::text AS pk_schema_name,
  p.name::text AS pk_table_name, pa.attname::text AS pk_column_name, current_database()::text AS fk_database_name,
  f.schema_name::text AS fk_schema_name, f.name::text AS fk_table_name, fa.attname::text AS fk_column_name,
  k.n::smallint AS key_seq, c.conname::text AS fk_name, u.conname::text AS pk_name,
  (strpos('crnad', c.confupdtype::text) - 1)::smallint AS update_rule,
  (strpos('crnad', c.confdeltype::text) - 1)::smallint AS delete_rule,
  (CASE WHEN NOT c.condeferrable THEN 7 WHEN c.condeferred THEN 5 ELSE 6 END)::smallint AS deferrability
FROM pg_constraint c
JOIN keyshift.redshift_relations f ON f.oid = c.conrelid
JOIN keyshift.redshift_relations p ON p.oid = c.confrelid
CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY k (f, p, n)
JOIN pg_attribute fa ON fa.attrelid = c.conrelid AND fa.attnum = k.f
JOIN pg_attribute pa ON pa.attrelid = c.confrelid AND pa.attnum = k.p
LEFT JOIN pg_constraint u ON u.conindid = c.conindid AND u.conrelid = c.confrelid AND u.contype IN ('p', 'u')
WHERE c.contype = 'f';

-- Functions and procedures that who asks may run.
CREATE OR REPLACE VIEW keyshift.redshift_routines AS
SELECT p.oid, current_database()::text AS database_name, n.nspname::text AS schema_name, p.proname::text AS name,
  p.prokind = 'p' AS is_procedure, p.pronargs::int AS number_of_arguments,
  oidvectortypes(p.proargtypes) AS argument_list,
  CASE WHEN p.prokind <> 'p' THEN format_type(p.prorettype, NULL) ELSE coalesce((
    SELECT string_agg(format_type(t.type, NULL), ', ' ORDER BY t.n)
    FROM unnest(p.proallargtypes, p.proargmodes) WITH ORDINALITY t (type, mode, n) WHERE t.mode IN ('o', 'b')
  ), '') END AS return_type,
  obj_description(p.oid, 'pg_proc') AS remarks
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname <> 'keyshift' AND (
  keyshift.is_superuser() OR (has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(n.oid, 'USAGE'))
);

-- Their arguments, and what functions return. PostgreSQL keeps no lengths and precisions of them.
CREATE OR REPLACE VIEW keyshift.redshift_parameters AS
SELECT r.database_name, r.schema_name, r.name, r.is_procedure, r.argument_list, t.name AS parameter_name,
  t.n::int AS ordinal_position, t.mode AS parameter_type, format_type(t.type, NULL) AS data_type,
  CASE WHEN t.type IN ('varchar'::regtype, 'bpchar'::regtype) THEN -1 END AS character_maximum_length,
  CASE t.type WHEN 'int2'::regtype THEN 16 WHEN 'int4'::regtype THEN 32 WHEN 'int8'::regtype THEN 64 END
    AS numeric_precision,
  CASE WHEN t.type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 0 END AS numeric_scale
FROM keyshift.redshift_routines r
JOIN pg_proc p ON p.oid = r.oid
CROSS JOIN LATERAL (
  SELECT 0 AS n, '' AS name, p.prorettype AS type, 'RETURN' AS mode WHERE NOT r.is_procedure
  UNION ALL
  SELECT a.n, coalesce(p.proargnames[a.n], ''), a.type,
    CASE p.proargmodes[a.n] WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' WHEN 't' THEN 'TABLE' ELSE 'IN' END
  FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY a (type, n)
) t;

-- The statement that makes a table anew, with its constraints.
CREATE OR REPLACE FUNCTION keyshift.table_definition(table_id oid)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog
AS $body$
  SELECT format(
      'CREATE %sTABLE %s',
      CASE WHEN c.relkind = 'f' THEN 'FOREIGN ' WHEN c.relpersistence = 'u' THEN 'UNLOGGED '
        WHEN c.relpersistence = 't' THEN 'TEMPORARY ' ELSE '' END,
      c.oid::regclass
    ) || CASE WHEN c.relispartition
      THEN format(E' PARTITION OF %s\n%s', parent.names, pg_get_expr(c.relpartbound, c.oid))
      ELSE format(E' (\n%s\n)', parts.lines) || coalesce(' INHERITS (' || parent.names || ')', '') END
    || CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) ELSE '' END
    || coalesce(far.clause, '') || ';'
  FROM pg_class c
  CROSS JOIN LATERAL (
    SELECT string_agg('    ' || part.line, E',\n' ORDER BY part.kind, part.place, part.line) AS lines
    FROM (
      SELECT 1 AS kind, a.attnum::int AS place,
        quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
          || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END
          || CASE WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY'
            WHEN a.attidentity = 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY'
            WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid))
            WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s)', pg_get_expr(d.adbin, d.adrelid))
            WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END
          || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS line
      FROM pg_attribute a
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL
      SELECT 2, strpos('pucxf', contype::text), format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE conrelid = c.oid AND contype IN ('p', 'u', 'c', 'x', 'f')
    ) part
  ) parts
  CROSS JOIN LATERAL (
    SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) AS names
    FROM pg_inherits WHERE inhrelid = c.oid
  ) parent
  LEFT JOIN LATERAL (
    SELECT format(' SERVER %I', s.srvname) || coalesce((
      SELECT ' OPTIONS (' || string_agg(format('%I %L', option_name, option_value), ', ') || ')'
      FROM pg_options_to_table(f.ftoptions)
    ), '') AS clause
    FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid
  ) far ON true
  WHERE c.oid = table_id AND c.relkind IN ('r', 'p', 'f')
$body$;

-- SHOW TABLE and SHOW VIEW of what who asks may know of.
CREATE OR REPLACE FUNCTION keyshift.shown_definition(relation regclass, wanted text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog
AS $body$
DECLARE
  kind "char";
BEGIN
  SELECT r.kind INTO kind FROM keyshift.redshift_relations r WHERE r.oid = relation;
  IF kind IS NULL THEN
    RAISE EXCEPTION 'permission denied for relation %', relation USING ERRCODE = 'insufficient_privilege';
  ELSIF (kind IN ('v', 'm')) <> (wanted = 'view') THEN
    RAISE EXCEPTION '% is not a %', relation, wanted USING ERRCODE = 'wrong_object_type';
  END IF;
  RETURN CASE wanted WHEN 'view' THEN pg_get_viewdef(relation, true) ELSE keyshift.table_definition(relation) END;
END
$body$;

-- The same in lines, with indexes and owners, for DBeaver. Everybody sees everything, as in the catalogs themselves.
CREATE OR REPLACE VIEW keyshift.redshift_table_ddl AS
SELECT c.oid::bigint AS table_id, n.nspname::text AS schemaname, c.relname::text AS tablename, line.n AS seq, line.ddl
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT string_agg(pg_get_indexdef(i.indexrelid) || E';\n', '' ORDER BY i.indexrelid::regclass::text) AS definitions
  FROM pg_index i
  WHERE i.indrelid = c.oid AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
) indexes
CROSS JOIN LATERAL string_to_table(
  format(
    E'--DROP TABLE %1$I.%2$I;\n%3$s\n%4$sALTER TABLE %1$I.%2$I owner to %5$I;',
    n.nspname, c.relname, keyshift.table_definition(c.oid), indexes.definitions, pg_get_userbyid(c.relowner)
  ), E'\n'
) WITH ORDINALITY line (ddl, n)
WHERE c.relkind IN ('r', 'p', 'f');

GRANT SELECT ON keyshift.redshift_relations, keyshift.redshift_grants, keyshift.redshift_primary_keys,
  keyshift.redshift_foreign_keys, keyshift.redshift_routines, keyshift.redshift_parameters,
  keyshift.redshift_table_ddl TO PUBLIC;
GRANT EXECUTE ON FUNCTION keyshift.table_definition(oid), keyshift.shown_definition(regclass, text) TO PUBLIC;

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
