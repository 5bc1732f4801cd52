-- Schemas.
-- Visible: what one may use, in the database of the session.
SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name,
  nspowner::int AS schema_owner, 'local'::varchar(128) AS schema_type,
  array_to_string(nspacl::text[], '~')::varchar(128) AS schema_acl, NULL::varchar(128) AS source_database,
  NULL::varchar(128) AS schema_option
FROM pg_namespace
WHERE nspname !~ '^(pg_toast|pg_temp_|keyshift$)' AND (keyshift.is_superuser() OR has_schema_privilege(oid, 'USAGE, CREATE'))
