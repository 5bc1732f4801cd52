-- Users that were created, altered, renamed and dropped.
-- Visible: superusers. Of the last seven days, at most the last 4 to 8 MB. Changes of one user within one transaction, or within a second beside the gateway, are one row.
SELECT
  (entry ->> 'userId')::bigint::int AS userid, entry ->> 'name' AS username, coalesce(entry ->> 'oldName', '') AS oldusername,
  (entry ->> 'action')::char(10) AS action, (entry ->> 'mayCreateDatabases')::boolean::int AS usecreatedb,
  (entry ->> 'isSuperuser')::boolean::int AS usesuper, (entry ->> 'mayUpdateCatalogs')::boolean::int AS usecatupd,
  (entry ->> 'validUntil')::timestamptz AT TIME ZONE 'UTC' AS valuntil, NULL::int AS pid, (entry ->> 'xid')::bigint AS xid,
  (entry ->> 'at')::timestamptz AT TIME ZONE 'UTC' AS recordtime
FROM keyshift.system_log('users') entry
WHERE (entry ->> 'at')::timestamptz > now() - interval '7 days'
