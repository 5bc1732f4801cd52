-- External tables: the foreign tables of PostgreSQL.
-- Visible: what one may use.
SELECT current_database()::text AS redshift_database_name, r.schema_name::text AS schemaname, r.name::text AS tablename,
  'TABLE'::text AS tabletype, s.srvname::text AS location, NULL::text AS input_format, NULL::text AS output_format,
  w.fdwname::text AS serialization_lib, NULL::text AS serde_parameters, 0 AS compressed,
  array_to_string(t.ftoptions, ',') AS parameters
FROM keyshift.redshift_relations r
JOIN pg_foreign_table t ON t.ftrelid = r.oid
JOIN pg_foreign_server s ON s.oid = t.ftserver
JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
