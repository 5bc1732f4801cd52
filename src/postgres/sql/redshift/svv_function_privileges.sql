-- Privileges on functions and procedures that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own functions.
SELECT n.nspname::text AS namespace_name, p.proname::text AS function_name,
  oidvectortypes(p.proargtypes)::text AS argument_types, a.privilege_type, g.oid::int AS identity_id,
  g.name AS identity_name, g.kind AS identity_type, a.is_grantable AS admin_option
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
CROSS JOIN LATERAL aclexplode(p.proacl) a
JOIN keyshift.redshift_grantees g ON g.oid = a.grantee
WHERE n.nspname <> 'keyshift' AND a.grantee <> p.proowner AND (g.is_visible OR pg_has_role(p.proowner, 'USAGE'))
