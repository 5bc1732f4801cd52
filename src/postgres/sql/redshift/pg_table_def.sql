-- Columns of tables in the search path.
-- Visible: what one may use.
SELECT c.schema_name AS schemaname, c.table_name AS tablename, c.name AS "column", c.full_type AS type,
  'none'::char(32) AS encoding, false AS distkey, 0 AS sortkey, NOT c.is_nullable AS "notnull"
FROM keyshift.redshift_columns c JOIN pg_class t ON t.oid = c.oid
WHERE t.relkind IN ('r', 'p') AND c.schema_name = ANY (current_schemas(true))
