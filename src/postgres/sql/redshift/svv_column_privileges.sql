-- Privileges on columns that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own tables.
SELECT n.nspname::text AS namespace_name, c.relname::text AS relation_name, t.attname::text AS column_name,
  a.privilege_type, g.oid::int AS identity_id, g.name AS identity_name, g.kind AS identity_type
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped
CROSS JOIN LATERAL aclexplode(t.attacl) a
JOIN keyshift.redshift_grantees g ON g.oid = a.grantee
WHERE n.nspname <> 'keyshift' AND a.grantee <> c.relowner AND (g.is_visible OR pg_has_role(c.relowner, 'USAGE'))
