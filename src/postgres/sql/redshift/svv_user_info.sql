-- Users with their options.
-- Visible: own rows.
SELECT i.name::text AS user_name, i.oid::int AS user_id, i.may_create_databases AS createdb,
  i.is_superuser AS superuser, i.may_update_catalogs AS catalog_update,
  CASE WHEN i.connection_limit < 0 THEN 'UNLIMITED' ELSE i.connection_limit::text END AS connection_limit,
  CASE WHEN i.is_superuser OR i.sees_system_logs THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END AS syslog_access,
  NULL::timestamp AS last_ddl_timestamp, coalesce(timeout.seconds, 0) AS session_timeout,
  NULL::text AS external_user_id
FROM keyshift.redshift_identities i
LEFT JOIN LATERAL (
  SELECT extract(epoch FROM substr(s.setting, strpos(s.setting, '=') + 1)::interval)::int AS seconds
  FROM unnest(i.settings) s (setting) WHERE s.setting ~ '^idle_session_timeout=[0-9]+(ms|s|min|h|d)$'
) timeout ON true
WHERE i.is_user AND (keyshift.sees_all_rows() OR i.name = keyshift.session_user_name())
