-- Columns of tables and views.
-- Visible: what one may use, in the database of the session. There are no encodings and no distribution and sort keys.
SELECT current_database()::varchar(128) AS database_name, schema_name::varchar(128), table_name::varchar(128),
  name::varchar(128) AS column_name, position AS ordinal_position, full_type::varchar(32) AS data_type,
  default_value::varchar(4000) AS column_default,
  (CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END)::varchar(3) AS is_nullable, 'none'::varchar(128) AS encoding,
  false AS distkey, 0 AS sortkey, array_to_string(acl::text[], '~')::varchar(128) AS column_acl,
  remarks::varchar(256)
FROM keyshift.redshift_columns
WHERE NOT is_external
