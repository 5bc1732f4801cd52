
			SELECT
			COALESCE(quota, 0)
			FROM svv_schema_quota_state
			WHERE schema_id = $1
