SELECT
  trim(svv_redshift_databases.database_name),
  trim(pg_user_info.usename),
  COALESCE(pg_database_info.datconnlimit::text, 'UNLIMITED'),
	svv_redshift_databases.database_type,
  trim(COALESCE(svv_datashares.share_name, '')),
  trim(COALESCE(svv_datashares.producer_account, '')),
  trim(COALESCE(svv_datashares.producer_namespace, ''))
FROM
  svv_redshift_databases
LEFT JOIN pg_database_info
  ON svv_redshift_databases.database_name=pg_database_info.datname
LEFT JOIN pg_user_info
  ON pg_user_info.usesysid = svv_redshift_databases.database_owner
LEFT JOIN svv_datashares
	ON (svv_redshift_databases.database_name = svv_datashares.consumer_database AND svv_redshift_databases.database_type = 'shared' AND svv_datashares.share_type = 'INBOUND')
WHERE pg_database_info.datid = $1
