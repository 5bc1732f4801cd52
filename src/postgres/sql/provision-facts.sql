-- Everything that decides about one login, in one look.
-- $1 user, $2 groups (sorted), $3 database, $4 name of the session role, $5 backends that do not count, $6 way.
-- pg_roles shows everybody everything but passwords; the administrator of an embedded server reads pg_authid in its
-- place, by the same columns.
WITH account AS (
  -- Not every column: one of the view reads the settings of all roles.
  SELECT oid, rolcanlogin, rolsuper, rolreplication, rolconnlimit FROM pg_roles WHERE rolname = $1::text
), mark AS (
  SELECT oid FROM pg_roles WHERE rolname = 'keyshift_session'
), own AS (
  SELECT oid FROM pg_roles WHERE rolname IN (current_user, session_user)
), asked AS (
  SELECT name, r.oid, r.rolcanlogin, r.rolsuper OR r.rolreplication AS powerful
  FROM unnest($2::text[]) AS name LEFT JOIN pg_roles r ON r.rolname = name
), session AS (
  SELECT r.oid, r.rolcanlogin, r.rolinherit, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication,
    r.rolbypassrls, r.rolconnlimit, r.rolpassword, r.rolvaliduntil,
    CASE WHEN d.description IS JSON OBJECT THEN d.description::jsonb END AS said
  -- What shobj_description gives, which is a function in SQL: parsed and planned at each look.
  FROM pg_roles r LEFT JOIN pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass
  WHERE r.rolname = $4::text
), places AS (
  -- Where a role can have settings: they are indexed by database, then role.
  SELECT 0::oid || array_agg(oid) AS ids FROM pg_database
), own_settings AS (
  SELECT s.setdatabase AS db, split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value
  FROM account, pg_db_role_setting s, unnest(s.setconfig) c
  WHERE s.setdatabase = ANY ((SELECT ids FROM places)::oid[]) AND s.setrole = account.oid
), wanted_settings AS (
  SELECT db, name, value FROM own_settings
  UNION ALL
  -- A search path that the user gets from the database, or from PostgreSQL's own default.
  SELECT s.setdatabase, 'search_path', substr(c, strpos(c, '=') + 1)
  FROM pg_db_role_setting s, unnest(s.setconfig) c
  WHERE s.setdatabase = ANY ((SELECT ids FROM places)::oid[]) AND s.setdatabase <> 0 AND s.setrole = 0
    AND split_part(c, '=', 1) = 'search_path'
    AND NOT EXISTS (SELECT FROM own_settings o WHERE o.name = 'search_path' AND o.db IN (0, s.setdatabase))
  UNION ALL
  SELECT 0, 'search_path', coalesce(nullif(current_setting('keyshift.search_path', true), ''), '"$user", public')
  WHERE NOT EXISTS (SELECT FROM own_settings o WHERE o.name = 'search_path' AND o.db = 0)
  UNION ALL
  -- Without groups the session is the user's in everything: it begins as if it had said SET ROLE, which it may.
  SELECT 0, 'role', $1::text
  WHERE cardinality($2::text[]) = 0 AND NOT EXISTS (SELECT FROM own_settings o WHERE o.name = 'role' AND o.db = 0)
), wanted_rows AS (
  -- In a search path, "$user" means the database user, not the session role.
  SELECT db, array_agg(name || '=' || CASE WHEN name <> 'search_path' THEN value ELSE
    regexp_replace(
      value, '(^|,)\s*("\$user"|\$user)\s*(?=,|$)', '\1 ' || replace(quote_ident($1::text), '\', '\\'), 'g'
    ) END ORDER BY name) AS config
  FROM wanted_settings GROUP BY db
), present_rows AS (
  SELECT s.setdatabase AS db, ARRAY(SELECT c FROM unnest(s.setconfig) c ORDER BY split_part(c, '=', 1)) AS config
  FROM session, pg_db_role_setting s
  WHERE s.setdatabase = ANY ((SELECT ids FROM places)::oid[]) AND s.setrole = session.oid
), wanted_memberships AS (
  SELECT account.oid AS roleid, true AS inherits, true AS sets FROM account
  UNION ALL SELECT asked.oid, true, false FROM asked
  UNION ALL SELECT mark.oid, false, false FROM mark
), present_memberships AS (
  SELECT m.roleid, m.inherit_option AS inherits, m.set_option AS sets, m.admin_option AS admin, m.grantor
  FROM pg_auth_members m WHERE m.member = (SELECT oid FROM session)
), login_states AS (
  -- What PostgreSQL looks at when somebody logs in, and what it gives a session for good. Null where no backend that
  -- is open already may stand in for a login: what would refuse one does, and a limit counts open backends.
  SELECT r.oid, jsonb_build_array(
      r.oid::int8, d.oid::int8, r.rolsuper, has_database_privilege(r.oid, d.oid, 'CONNECT'),
      (SELECT jsonb_agg(jsonb_build_array(s.setdatabase::int8, s.setrole::int8, s.xmin::text, s.setconfig)
          ORDER BY s.setdatabase, s.setrole)
        FROM pg_db_role_setting s WHERE s.setdatabase IN (0, d.oid) AND s.setrole IN (0, r.oid))
    )::text AS state
  FROM (
    SELECT oid, rolcanlogin, rolsuper, rolconnlimit FROM account
    UNION ALL SELECT oid, rolcanlogin, rolsuper, rolconnlimit FROM session
  ) r, pg_database d
  WHERE d.datname = $3::text AND d.datallowconn AND d.datconnlimit < 0 AND r.rolcanlogin AND r.rolconnlimit < 0
    -- Event triggers at login, since PostgreSQL 17.
    AND NOT coalesce((to_jsonb(d) ->> 'dathasloginevt')::boolean, false)
)
SELECT
  EXISTS (SELECT FROM pg_database WHERE datname = $3::text) AS "databaseExists",
  (SELECT oid::int8 FROM pg_database WHERE datname = $3::text AND datallowconn) AS "databaseId",
  (SELECT json_build_object(
      'id', account.oid::int8,
      'loginState', (SELECT state FROM login_states l WHERE l.oid = account.oid),
      'mayLogIn', account.rolcanlogin,
      'powerful', account.rolsuper OR account.rolreplication OR account.oid IN (SELECT oid FROM own),
      'isSessionRole', EXISTS (SELECT FROM pg_auth_members m JOIN mark ON m.roleid = mark.oid WHERE m.member = account.oid),
      'isSuperuser', EXISTS (
        SELECT FROM pg_roles s WHERE s.rolname = 'keyshift_superuser' AND pg_has_role(account.oid, s.oid, 'USAGE')
      ),
      'connectionLimit', account.rolconnlimit,
      'connections', CASE WHEN account.rolconnlimit < 0 THEN 0 ELSE (
        SELECT count(*) FROM pg_stat_activity a
        -- Who may not see others' sessions is told no type of them.
        WHERE coalesce(a.backend_type, 'client backend') = 'client backend' AND NOT a.pid = ANY ($5::int[]) AND (
          a.usesysid = account.oid
          OR a.usesysid IN (
            SELECT m.member FROM pg_auth_members m WHERE m.roleid = account.oid
              AND EXISTS (SELECT FROM pg_auth_members k JOIN mark ON k.roleid = mark.oid WHERE k.member = m.member)
          )
        )
      ) END
    ) FROM account) AS "account",
  (SELECT coalesce(json_agg(json_build_object(
      'name', asked.name,
      'id', asked.oid::int8,
      'isGroup', NOT asked.rolcanlogin,
      'powerful', asked.powerful,
      'inherited', CASE WHEN asked.oid IS NULL THEN false ELSE
        coalesce((SELECT pg_has_role(account.oid, asked.oid, 'USAGE') FROM account), false) END
    ) ORDER BY asked.name), '[]') FROM asked) AS "groups",
  (SELECT json_build_object(
      'id', session.oid::int8,
      'loginState', (SELECT state FROM login_states l WHERE l.oid = session.oid),
      'isSessionRole', EXISTS (SELECT FROM pg_auth_members m JOIN mark ON m.roleid = mark.oid WHERE m.member = session.oid),
      'said', session.said,
      'fresh', coalesce((session.said ->> 'used')::timestamptz > now() - interval '15 minutes', false),
      'attributesRight', session.rolcanlogin AND session.rolinherit AND NOT session.rolsuper
        AND NOT session.rolcreatedb AND NOT session.rolcreaterole AND NOT session.rolreplication
        AND NOT session.rolbypassrls AND session.rolconnlimit = (SELECT account.rolconnlimit FROM account),
      'passwordRight', CASE $6::text
        WHEN 'peer' THEN session.rolpassword IS NULL
        WHEN 'cert' THEN coalesce(session.rolvaliduntil = '-infinity', false)
        -- The date of the password that the gateway gave it lately; a session cannot move it.
        ELSE coalesce(session.rolvaliduntil BETWEEN now() AND now() + interval '1 hour', false)
      END,
      'membershipsRight', NOT EXISTS (
          SELECT FROM wanted_memberships w WHERE NOT EXISTS (
            SELECT FROM present_memberships p WHERE p.roleid = w.roleid AND p.inherits = w.inherits AND p.sets = w.sets
          )
        ) AND (SELECT count(*) FROM present_memberships) = (SELECT count(*) FROM wanted_memberships)
        AND NOT EXISTS (SELECT FROM present_memberships WHERE admin)
        -- An administrator that is no superuser has ADMIN on the roles that it made.
        AND NOT EXISTS (
          SELECT FROM pg_auth_members m WHERE m.roleid = session.oid AND m.member NOT IN (SELECT oid FROM own)
        ),
      'settingsRight', NOT EXISTS (
          SELECT FROM wanted_rows w FULL JOIN present_rows p ON p.db = w.db WHERE p.config IS DISTINCT FROM w.config
        ),
      'settings', (
        SELECT coalesce(json_agg(json_build_object('database', p.db::int8, 'config', p.config) ORDER BY p.db), '[]')
        FROM present_rows p
      )
    ) FROM session) AS "session",
  (SELECT coalesce(json_agg(json_build_object('database', w.db::int8, 'config', w.config) ORDER BY w.db), '[]')
    FROM wanted_rows w)
    AS "wantedSettings",
  extract(epoch FROM pg_conf_load_time())::float8 AS "configLoadedAt",
  pg_current_snapshot()::text AS snapshot,
  extract(epoch FROM now())::float8 AS at
