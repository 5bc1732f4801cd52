-- Logins, refused logins and ends of sessions.
-- Visible: superusers. Of the last seven days, at most the last 4 to 8 MB.
SELECT
  (entry ->> 'event')::char(50) AS event, (entry ->> 'at')::timestamptz AT TIME ZONE 'UTC' AS recordtime,
  (entry ->> 'remoteHost')::char(45) AS remotehost, (entry ->> 'remotePort')::char(32) AS remoteport, (entry ->> 'pid')::int AS pid,
  entry ->> 'database' AS dbname, entry ->> 'loginName' AS username, (entry ->> 'authMethod')::char(32) AS authmethod,
  least((entry ->> 'durationUs')::bigint, 2147483647)::int AS duration,
  coalesce(entry ->> 'tlsVersion', '')::char(50) AS sslversion, coalesce(entry ->> 'tlsCipher', '')::char(128) AS sslcipher, 0 AS mtu,
  ''::char(64) AS sslcompression, ''::char(64) AS sslexpansion, (entry ->> 'credentialId')::char(36) AS iamauthguid,
  (entry ->> 'applicationName')::char(250) AS application_name, (entry ->> 'osVersion')::char(64) AS os_version, (entry ->> 'driverVersion')::char(64) AS driver_version,
  (entry ->> 'pluginName')::char(32) AS plugin_name,
  CASE WHEN entry ->> 'protocolVersion' ~ '^[0-9]{1,4}$' THEN (entry ->> 'protocolVersion')::int END AS protocol_version
FROM keyshift.system_log('connections') entry
WHERE (entry ->> 'at')::timestamptz > now() - interval '7 days'
