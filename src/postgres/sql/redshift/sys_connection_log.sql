-- Logins, refused logins and ends of sessions.
-- Visible: superusers. Of the last seven days, at most the last 4 to 8 MB.
SELECT
  (entry ->> 'event')::char(50) AS event, (entry ->> 'at')::timestamptz AT TIME ZONE 'UTC' AS record_time,
  (entry ->> 'remoteHost')::char(45) AS remote_host, (entry ->> 'remotePort')::char(32) AS remote_port, (entry ->> 'pid')::int AS session_id,
  entry ->> 'database' AS database_name, entry ->> 'loginName' AS user_name, (entry ->> 'authMethod')::char(32) AS auth_method,
  least((entry ->> 'durationUs')::bigint, 2147483647)::int AS duration,
  coalesce(entry ->> 'tlsVersion', '')::char(50) AS ssl_version, coalesce(entry ->> 'tlsCipher', '')::char(128) AS ssl_cipher, 0 AS mtu,
  ''::char(64) AS ssl_compression, ''::char(64) AS ssl_expansion, (entry ->> 'credentialId')::char(36) AS iam_auth_guid,
  (entry ->> 'applicationName')::char(250) AS application_name, (entry ->> 'driverVersion')::char(64) AS driver_version, (entry ->> 'osVersion')::char(64) AS os_version,
  (entry ->> 'pluginName')::char(32) AS plugin_name,
  CASE WHEN entry ->> 'protocolVersion' ~ '^[0-9]{1,4}$' THEN (entry ->> 'protocolVersion')::int END AS protocol_version
FROM keyshift.system_log('connections') entry
WHERE (entry ->> 'at')::timestamptz > now() - interval '7 days'
