-- Roles.
-- Visible: no rows. Redshift's roles are not there; groups are.
SELECT NULL::int AS role_id, NULL::text AS role_name, NULL::text AS role_owner, NULL::text AS external_id
WHERE false
