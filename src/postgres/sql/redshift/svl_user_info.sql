-- Users with their options.
-- Visible: superusers.
SELECT i.name::text AS usename, i.oid::int AS usesysid, i.may_create_databases AS usecreatedb,
  i.is_superuser AS usesuper, i.may_update_catalogs AS usecatupd,
  CASE WHEN i.connection_limit < 0 THEN 'UNLIMITED' ELSE i.connection_limit::text END AS useconnlimit,
  CASE WHEN i.is_superuser OR i.sees_system_logs THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END AS syslogaccess,
  NULL::timestamp AS last_ddl_ts, coalesce(timeout.seconds, 0) AS sessiontimeout, NULL::text AS external_id
FROM keyshift.redshift_identities i
LEFT JOIN LATERAL (
  SELECT extract(epoch FROM substr(s.setting, strpos(s.setting, '=') + 1)::interval)::int AS seconds
  FROM unnest(i.settings) s (setting) WHERE s.setting ~ '^idle_session_timeout=[0-9]+(ms|s|min|h|d)$'
) timeout ON true
WHERE i.is_user
