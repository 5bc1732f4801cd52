-- Transactions that hold locks on tables.
-- Visible: own rows.
SELECT a.usename::text AS txn_owner, d.datname::text AS txn_db, a.backend_xid::text::bigint AS xid, l.pid,
  a.xact_start AT TIME ZONE 'UTC' AS txn_start, l.mode::text AS lock_mode,
  CASE WHEN l.relation IS NULL THEN 'transactionid' ELSE 'relation' END AS lockable_object_type,
  l.relation::int AS relation, l.granted
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid LEFT JOIN pg_database d ON d.oid = a.datid
WHERE l.locktype IN ('relation', 'transactionid') AND a.usename <> 'keyshift_admin'
  AND (keyshift.sees_all_rows() OR pg_has_role(a.usesysid, 'USAGE'))
