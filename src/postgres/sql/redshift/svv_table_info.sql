-- Sizes and statistics of tables that are not empty.
-- Visible: superusers. There are no encodings, distribution and sort keys; a table is whole in one place.
SELECT current_database()::text AS database, n.nspname::text AS schema, c.oid AS table_id, c.relname::text AS "table",
  'N'::text AS encoded, 'AUTO(ALL)'::text AS diststyle, NULL::text AS sortkey1,
  coalesce((
    SELECT max(a.atttypmod - 4) FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'varchar'::regtype
      AND a.atttypmod > 0
  ), 0) AS max_varchar,
  NULL::char(32) AS sortkey1_enc, 0 AS sortkey_num,
  ((pg_total_relation_size(c.oid) + 1048575) / 1048576)::bigint AS size,
  round(100.0 * pg_total_relation_size(c.oid) / nullif(pg_database_size(current_database()), 0), 4)::numeric(10, 4)
    AS pct_used,
  0::bigint AS empty, NULL::numeric(5, 2) AS unsorted,
  least(100, 100.0 * s.n_mod_since_analyze / greatest(s.n_live_tup, 1))::numeric(5, 2) AS stats_off,
  (rows.counted + coalesce(s.n_dead_tup, 0))::numeric(38, 0) AS tbl_rows,
  NULL::numeric(19, 2) AS skew_sortkey1, NULL::numeric(19, 2) AS skew_rows,
  rows.counted::numeric(38, 0) AS estimated_visible_rows, NULL::text AS risk_event,
  0::numeric(12, 2) AS vacuum_sort_benefit, NULL::timestamp AS create_time
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
CROSS JOIN LATERAL (
  SELECT CASE WHEN c.reltuples < 0 THEN coalesce(s.n_live_tup, 0) ELSE c.reltuples END::numeric AS counted
) rows
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^(pg_|information_schema$|keyshift$)' AND pg_relation_size(c.oid) > 0
