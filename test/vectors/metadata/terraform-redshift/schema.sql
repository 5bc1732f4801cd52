
			SELECT
				trim(svv_all_schemas.schema_name),
				trim(pg_user_info.usename),
				trim(svv_all_schemas.schema_type)
			FROM svv_all_schemas
			INNER JOIN pg_namespace ON (svv_all_schemas.database_name = $1 and svv_all_schemas.schema_name = pg_namespace.nspname)
	LEFT JOIN pg_user_info
		ON (svv_all_schemas.database_name = $1 and pg_user_info.usesysid = svv_all_schemas.schema_owner)
	where svv_all_schemas.database_name = $1
	AND pg_namespace.oid = $2
