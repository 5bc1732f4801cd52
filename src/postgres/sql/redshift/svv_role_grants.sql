-- Roles that were granted to roles.
-- Visible: no rows. Redshift's roles are not there; groups are.
SELECT NULL::int AS role_id, NULL::text AS role_name, NULL::int AS granted_role_id, NULL::text AS granted_role_name
WHERE false
