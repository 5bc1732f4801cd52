-- Privileges on databases that were granted.
-- Visible: own rows: to oneself, one's groups and everybody, and on one's own databases.
SELECT d.datname::text AS database_name, a.privilege_type, g.oid::int AS identity_id, g.name AS identity_name,
  g.kind AS identity_type, a.is_grantable AS admin_option, 'DATABASE'::text AS privilege_scope
FROM pg_database d
CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
JOIN keyshift.redshift_grantees g ON g.oid = a.grantee
WHERE NOT d.datistemplate AND d.datname NOT IN ('postgres', 'keyshift_login') AND a.grantee <> d.datdba
  AND (g.is_visible OR pg_has_role(d.datdba, 'USAGE'))
