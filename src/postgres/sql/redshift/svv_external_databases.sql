-- External databases.
-- Visible: no rows. There are none.
SELECT NULL::int AS eskind, NULL::text AS esoptions, NULL::text AS databasename, NULL::text AS location,
  NULL::text AS parameters
WHERE false
