-- Users that were created, altered, renamed and dropped.
-- Visible: superusers. As STL_USERLOG.
SELECT
  userid AS user_id, username AS user_name, oldusername AS original_user_name, action, usecreatedb AS has_create_db_privs,
  usesuper AS is_superuser, usecatupd AS has_update_catalog_privs, valuntil AS password_expiration, pid AS session_id,
  xid AS transaction_id, recordtime AS record_time
FROM pg_catalog.stl_userlog
