-- Privileges on schemas that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own schemas.
SELECT n.nspname::text AS namespace_name, a.privilege_type, g.oid::int AS identity_id, g.name AS identity_name,
  g.kind AS identity_type, a.is_grantable AS admin_option, 'SCHEMA'::text AS privilege_scope
FROM pg_namespace n
CROSS JOIN LATERAL aclexplode(n.nspacl) a
JOIN keyshift.redshift_grantees g ON g.oid = a.grantee
WHERE n.nspname <> 'keyshift' AND a.grantee <> n.nspowner AND (g.is_visible OR pg_has_role(n.nspowner, 'USAGE'))
