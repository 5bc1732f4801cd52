-- Sessions that have ended.
-- Visible: own rows. Of the last seven days, at most the last 4 to 8 MB of the log.
SELECT coalesce(u.oid::int, 0) AS userid,
  ended.at - (entry ->> 'durationUs')::bigint * interval '1 microsecond' AS starttime, ended.at AS endtime,
  (entry ->> 'pid')::int AS process, entry ->> 'loginName' AS user_name, entry ->> 'database' AS db_name,
  coalesce(keyshift.idle_seconds(u.oid), 0) AS timeout_sec,
  CASE WHEN entry ? 'isTimedOut' THEN 1 WHEN entry ? 'isEndedFromOutside' THEN 3 ELSE 2 END AS timed_out
FROM keyshift.visible_ended_sessions() entry
CROSS JOIN LATERAL (SELECT (entry ->> 'at')::timestamptz AT TIME ZONE 'UTC' AS at) ended
LEFT JOIN pg_roles u ON u.rolname = entry ->> 'dbUser'
WHERE (entry ->> 'at')::timestamptz > now() - interval '7 days'
