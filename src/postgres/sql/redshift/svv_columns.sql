-- Columns of tables and views.
-- Visible: what one may use.
SELECT current_database()::text AS table_catalog, schema_name::text AS table_schema, table_name::text,
  name::text AS column_name, position AS ordinal_position, default_value AS column_default,
  CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable, data_type, max_length AS character_maximum_length,
  numeric_precision, numeric_radix AS numeric_precision_radix, numeric_scale, datetime_precision,
  NULL::text AS interval_type, NULL::text AS interval_precision, NULL::text AS character_set_catalog,
  NULL::text AS character_set_schema, NULL::text AS character_set_name, NULL::text AS collation_catalog,
  NULL::text AS collation_schema, NULL::text AS collation_name, domain_name::text, remarks
FROM keyshift.redshift_columns
