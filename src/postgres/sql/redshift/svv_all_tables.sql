-- Tables and views, those of external schemas too.
-- Visible: what one may use, in the database of the session.
SELECT current_database()::varchar(128) AS database_name, schema_name::varchar(128), name::varchar(128) AS table_name,
  array_to_string(acl::text[], '~')::varchar(128) AS table_acl,
  (CASE WHEN is_system THEN 'SYSTEM ' WHEN is_external THEN 'EXTERNAL ' ELSE '' END
    || CASE WHEN is_view THEN 'VIEW' ELSE 'TABLE' END)::varchar(128) AS table_type,
  remarks::varchar(256)
FROM keyshift.redshift_relations
