-- Logins, refused logins and ends of sessions.
-- Visible: superusers. As STL_CONNECTION_LOG.
SELECT
  event, recordtime AS record_time, remotehost AS remote_host, remoteport AS remote_port, pid AS session_id,
  dbname AS database_name, username AS user_name, authmethod AS auth_method, duration, sslversion AS ssl_version,
  sslcipher AS ssl_cipher, mtu, sslcompression AS ssl_compression, sslexpansion AS ssl_expansion,
  iamauthguid AS iam_auth_guid, application_name, driver_version, os_version, plugin_name, protocol_version
FROM pg_catalog.stl_connection_log
