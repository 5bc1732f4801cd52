-- Users with their limits of connections.
-- Visible: superusers.
SELECT name AS usename, oid::int AS usesysid, may_create_databases AS usecreatedb, is_superuser AS usesuper,
  may_update_catalogs AS usecatupd, '********'::text AS passwd, valid_until AS valuntil, settings AS useconfig,
  CASE WHEN connection_limit < 0 THEN 'UNLIMITED' ELSE connection_limit::text END AS useconnlimit
FROM keyshift.redshift_identities
WHERE is_user
