-- Privileges on columns that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own tables.
SELECT schema_name AS namespace_name, object_name AS relation_name, column_name, privilege_type, identity_id,
  identity_name, identity_type
FROM keyshift.redshift_grants
WHERE object_type = 'COLUMN'
