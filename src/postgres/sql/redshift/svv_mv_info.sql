-- Materialized views.
-- Visible: what one may use. Whether one is stale is not known; PostgreSQL refreshes none by itself.
SELECT current_database()::char(128) AS database_name, schema_name::char(128), pg_get_userbyid(owner)::char(128) AS user_name,
  name::char(128), 'u'::char(1) AS is_stale, 0 AS state,
  'f'::char(1) AS autorewrite, 'f'::char(1) AS autorefresh
FROM keyshift.redshift_relations
WHERE kind = 'm'
