-- Columns of external tables.
-- Visible: what one may use.
SELECT current_database()::text AS redshift_database_name, schema_name::text AS schemaname,
  table_name::text AS tablename, name::text AS columnname, full_type AS external_type, position AS columnnum,
  0 AS part_key, CASE WHEN is_nullable THEN 'true' ELSE 'false' END AS is_nullable
FROM keyshift.redshift_columns
WHERE is_external
