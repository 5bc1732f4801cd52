-- Tables and views.
-- Visible: what one may use.
SELECT current_database()::text AS table_catalog, schema_name::text AS table_schema, name::text AS table_name,
  CASE WHEN is_external THEN 'EXTERNAL TABLE' WHEN is_view THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type, remarks
FROM keyshift.redshift_relations
