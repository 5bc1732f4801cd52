-- Users with their options.
-- Visible: own rows.
SELECT i.name::text AS user_name, i.oid::int AS user_id, i.may_create_databases AS createdb,
  i.is_superuser AS superuser, i.may_update_catalogs AS catalog_update,
  CASE WHEN i.connection_limit < 0 THEN 'UNLIMITED' ELSE i.connection_limit::text END AS connection_limit,
  CASE WHEN i.is_superuser OR i.sees_system_logs THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END AS syslog_access,
  NULL::timestamp AS last_ddl_timestamp, keyshift.idle_seconds(i.oid) AS session_timeout,
  i.external_id AS external_user_id
FROM keyshift.redshift_identities i
WHERE i.is_user AND (keyshift.sees_all_rows() OR i.name = keyshift.session_user_name())
