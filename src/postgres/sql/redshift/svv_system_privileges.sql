-- System permissions that were granted.
-- Visible: no rows. Superusers have them, and nobody else.
SELECT NULL::text AS system_privilege, NULL::int AS identity_id, NULL::text AS identity_name, NULL::text AS identity_type
WHERE false
