-- Sessions that are open.
-- Visible: own rows. A session with groups has the name that its login had, another that of its database user.
SELECT a.backend_start AT TIME ZONE 'UTC' AS starttime, a.pid AS process, a.usename::text AS user_name,
  a.datname::text AS db_name, keyshift.idle_seconds(a.usesysid) AS timeout_sec
FROM pg_stat_activity a
LEFT JOIN LATERAL (
  SELECT u.rolname FROM keyshift.session_role(a.usename) s JOIN pg_roles u ON u.oid = s.user_id
) stands ON true
WHERE coalesce(a.backend_type, 'client backend') = 'client backend' AND a.usename <> 'keyshift_admin'
  AND (keyshift.sees_all_rows() OR coalesce(stands.rolname, a.usename) = keyshift.session_user_name())
