-- Users.
-- Visible: all rows, but for the roles that stand for sessions of others. PostgreSQL's own view, of which it keeps the columns.
SELECT r.rolname AS usename, r.oid AS usesysid, r.rolcreatedb AS usecreatedb,
  r.rolsuper OR (r.rolcreaterole AND pg_has_role(r.oid, 'keyshift_superuser', 'MEMBER')) AS usesuper,
  r.rolreplication AS userepl, r.rolbypassrls AS usebypassrls, '********'::text AS passwd,
  nullif(r.rolvaliduntil, '-infinity') AS valuntil, s.setconfig AS useconfig, r.rolsuper AS usecatupd
FROM pg_authid r
LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
WHERE r.rolcanlogin AND (
  r.rolname = session_user OR NOT EXISTS (
    SELECT FROM pg_auth_members m JOIN pg_authid mark ON mark.oid = m.roleid
    WHERE m.member = r.oid AND mark.rolname = 'keyshift_session'
  )
)
