-- Columns of tables and views, those of external schemas too.
-- Visible: what one may use, in the database of the session.
SELECT current_database()::varchar(128) AS database_name, schema_name::varchar(128), table_name::varchar(128),
  name::varchar(128) AS column_name, position AS ordinal_position, default_value::varchar(4000) AS column_default,
  (CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END)::varchar(3) AS is_nullable, data_type::varchar(128),
  max_length AS character_maximum_length, numeric_precision, numeric_scale, remarks::varchar(256)
FROM keyshift.redshift_columns
