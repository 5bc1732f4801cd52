-- Privileges on functions and procedures that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own functions.
SELECT schema_name AS namespace_name, object_name AS function_name, argument_types, privilege_type, identity_id,
  identity_name, identity_type, admin_option
FROM keyshift.redshift_grants
WHERE object_type IN ('FUNCTION', 'PROCEDURE')
