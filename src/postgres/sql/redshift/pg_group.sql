-- Groups and their permanent members.
-- Visible: all rows, but for PostgreSQL's own roles and those of Keyshift. Groups of a session are no memberships.
SELECT g.rolname AS groname, g.oid AS grosysid, ARRAY(
    SELECT m.member FROM pg_auth_members m JOIN pg_authid u ON u.oid = m.member AND u.rolcanlogin
    WHERE m.roleid = g.oid AND (m.inherit_option OR m.set_option) AND NOT EXISTS (
      SELECT FROM pg_auth_members k JOIN pg_authid mark ON mark.oid = k.roleid
      WHERE k.member = u.oid AND mark.rolname = 'keyshift_session'
    )
    GROUP BY m.member ORDER BY m.member
  ) AS grolist
FROM pg_authid g
WHERE NOT g.rolcanlogin AND g.rolname !~ '^(pg_|keyshift_)'
