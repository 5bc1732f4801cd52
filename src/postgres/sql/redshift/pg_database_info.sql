-- Databases with their limits of connections.
-- Visible: all rows.
SELECT oid AS datid, datname, datdba::int AS datdba, encoding, datistemplate, datallowconn, dattablespace, datacl,
  CASE WHEN datconnlimit < 0 THEN 'UNLIMITED' ELSE datconnlimit::text END AS datconnlimit
FROM pg_database
