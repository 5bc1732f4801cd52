-- Tables and views.
-- Visible: what one may use, in the database of the session.
SELECT current_database()::varchar(128) AS database_name, schema_name::varchar(128), name::varchar(128) AS table_name,
  (CASE WHEN is_system THEN 'SYSTEM ' ELSE '' END || CASE WHEN is_view THEN 'VIEW' ELSE 'TABLE' END)::varchar(128)
    AS table_type,
  array_to_string(acl::text[], '~')::varchar(128) AS table_acl, remarks::varchar(128),
  pg_get_userbyid(owner)::varchar(128) AS table_owner
FROM keyshift.redshift_relations
WHERE NOT is_external
