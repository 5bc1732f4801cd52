SELECT * FROM pg_catalog.svv_external_tables WHERE schemaname=$1
