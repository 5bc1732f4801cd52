-- Default privileges.
-- Visible: own rows: those of oneself, and those for oneself, one's groups and everybody.
SELECT n.nspname::text AS schema_name,
  CASE d.defaclobjtype WHEN 'r' THEN 'RELATION' WHEN 'f' THEN 'FUNCTION' WHEN 'S' THEN 'SEQUENCE' WHEN 'T' THEN 'TYPE'
    ELSE 'SCHEMA' END AS object_type,
  o.oid::int AS owner_id, o.name AS owner_name, o.kind AS owner_type, a.privilege_type, g.oid::int AS grantee_id,
  g.name AS grantee_name, g.kind AS grantee_type, a.is_grantable AS admin_option
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL aclexplode(d.defaclacl) a
JOIN keyshift.redshift_grantees o ON o.oid = d.defaclrole
JOIN keyshift.redshift_grantees g ON g.oid = a.grantee
WHERE a.grantee <> d.defaclrole AND (g.is_visible OR o.is_visible)
