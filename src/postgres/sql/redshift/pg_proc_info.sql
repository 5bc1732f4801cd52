-- Functions and procedures.
-- Visible: all rows.
SELECT oid AS prooid, proname, pronamespace, proowner::int AS proowner, prolang, prokind = 'a' AS proisagg, prosecdef,
  proisstrict, proretset, provolatile, pronargs, prorettype, proargtypes, proallargtypes, proargmodes, proargnames,
  prokind, prosrc, convert_to(probin, 'SQL_ASCII') AS probin, proacl
FROM pg_proc
