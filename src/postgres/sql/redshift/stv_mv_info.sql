-- Materialized views.
-- Visible: what one may use. Whether one is stale is not known; PostgreSQL refreshes none by itself.
SELECT current_database()::char(128) AS db_name, schema_name::char(128) AS schema, name::char(128),
  NULL::bigint AS updated_upto_xid, 'u'::char(1) AS is_stale, pg_get_userbyid(owner)::char(128) AS owner_user_name,
  0 AS state, 'f'::char(1) AS autorewrite, 'f'::char(1) AS autorefresh
FROM keyshift.redshift_relations
WHERE kind = 'm'
