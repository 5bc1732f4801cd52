-- External schemas.
-- Visible: no rows. Foreign tables of PostgreSQL stand in ordinary schemas.
SELECT NULL::oid AS esoid, NULL::smallint AS eskind, NULL::name AS schemaname, NULL::int AS esowner,
  NULL::text AS databasename, NULL::text AS esoptions
WHERE false
