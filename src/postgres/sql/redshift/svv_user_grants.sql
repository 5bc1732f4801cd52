-- Roles that were granted to users.
-- Visible: no rows. Redshift's roles are not there; groups are.
SELECT NULL::int AS user_id, NULL::text AS user_name, NULL::int AS role_id, NULL::text AS role_name, NULL::boolean AS admin_option
WHERE false
