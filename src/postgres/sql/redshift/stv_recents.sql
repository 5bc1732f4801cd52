-- Statements that run now, and the last one of each session.
-- Visible: own rows.
SELECT a.usesysid::int AS userid, (CASE WHEN a.state = 'active' THEN 'Running' ELSE 'Done' END)::char(20) AS status,
  a.query_start AT TIME ZONE 'UTC' AS starttime,
  (least(2147.0, extract(epoch FROM CASE WHEN a.state = 'active' THEN clock_timestamp() ELSE a.state_change END - a.query_start))
    * 1000000)::int AS duration,
  a.usename::text AS user_name, a.datname::text AS db_name, left(a.query, 600)::char(600) AS query, CASE WHEN a.state = 'active' THEN a.pid ELSE -1 END AS pid
FROM pg_stat_activity a
WHERE a.backend_type = 'client backend' AND a.query <> '' AND a.usename <> 'keyshift_admin'
  AND (keyshift.sees_all_rows() OR pg_has_role(a.usesysid, 'USAGE'))
