-- Privileges on tables and views that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own tables.
SELECT n.nspname::text AS namespace_name, c.relname::text AS relation_name, a.privilege_type,
  g.oid::int AS identity_id, g.name AS identity_name, g.kind AS identity_type, a.is_grantable AS admin_option
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) a
JOIN keyshift.redshift_grantees g ON g.oid = a.grantee
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'keyshift' AND a.grantee <> c.relowner
  AND (g.is_visible OR pg_has_role(c.relowner, 'USAGE'))
