-- Partitions of external tables.
-- Visible: no rows. There are none.
SELECT NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS values, NULL::text AS location,
  NULL::text AS input_format, NULL::text AS output_format, NULL::text AS serialization_lib,
  NULL::text AS serde_parameters, NULL::int AS compressed, NULL::text AS parameters
WHERE false
