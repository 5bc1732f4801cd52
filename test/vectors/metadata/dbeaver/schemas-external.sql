SELECT * FROM pg_catalog.svv_external_schemas WHERE databasename=$1
