-- Quotas of schemas.
-- Visible: no rows. Schemas have no quotas.
SELECT NULL::int AS schema_id, NULL::char(128) AS schema_name, NULL::int AS schema_owner, NULL::int AS quota, NULL::int AS disk_usage, NULL::double precision AS disk_usage_pct
WHERE false
