-- Users with their options.
-- Visible: superusers.
SELECT i.name::text AS usename, i.oid::int AS usesysid, i.may_create_databases AS usecreatedb,
  i.is_superuser AS usesuper, i.may_update_catalogs AS usecatupd,
  CASE WHEN i.connection_limit < 0 THEN 'UNLIMITED' ELSE i.connection_limit::text END AS useconnlimit,
  CASE WHEN i.is_superuser OR i.sees_system_logs THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END AS syslogaccess,
  NULL::timestamp AS last_ddl_ts, keyshift.idle_seconds(i.oid) AS sessiontimeout, i.external_id AS external_id
FROM keyshift.redshift_identities i
WHERE i.is_user
