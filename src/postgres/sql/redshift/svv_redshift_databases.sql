-- Databases.
-- Visible: what one may connect to.
SELECT datname::varchar(128) AS database_name, datdba::int AS database_owner, 'local'::varchar(32) AS database_type,
  array_to_string(datacl::text[], '~')::varchar(128) AS database_acl, NULL::varchar(128) AS database_options,
  'Snapshot Isolation'::varchar(128) AS database_isolation_level
FROM pg_database
WHERE datallowconn AND NOT datistemplate AND datname NOT IN ('postgres', 'keyshift_login')
  AND (keyshift.is_superuser() OR has_database_privilege(oid, 'CONNECT'))
