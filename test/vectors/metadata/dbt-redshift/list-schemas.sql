/* {"app": "dbt", "dbt_version": "1.10.13", "profile_name": "keyshift", "target_name": "dev", "connection_name": "list_exampledb"} */

    select distinct nspname from pg_namespace