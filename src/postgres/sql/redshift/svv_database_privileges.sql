-- Privileges on databases that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own databases.
SELECT object_name AS database_name, privilege_type, identity_id, identity_name, identity_type, admin_option,
  'DATABASE'::text AS privilege_scope
FROM keyshift.redshift_grants
WHERE object_type = 'DATABASE'
