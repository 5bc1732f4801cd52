-- Privileges on schemas that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own schemas.
SELECT schema_name AS namespace_name, privilege_type, identity_id, identity_name, identity_type, admin_option,
  'SCHEMA'::text AS privilege_scope
FROM keyshift.redshift_grants
WHERE object_type = 'SCHEMA'
