-- Functions and procedures that users have made.
-- Visible: what one may run, in the database of the session.
SELECT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name,
  p.proname::varchar(128) AS function_name,
  (CASE p.prokind WHEN 'p' THEN 'STORED PROCEDURE' WHEN 'a' THEN 'AGGREGATED FUNCTION' ELSE 'REGULAR FUNCTION' END)
    ::varchar(128) AS function_type,
  oidvectortypes(p.proargtypes)::varchar(512) AS argument_type,
  (CASE WHEN p.prokind <> 'p' THEN format_type(p.prorettype, NULL) ELSE '' END)::varchar(128) AS result_type
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'keyshift')
  AND (keyshift.is_superuser() OR has_function_privilege(p.oid, 'EXECUTE'))
