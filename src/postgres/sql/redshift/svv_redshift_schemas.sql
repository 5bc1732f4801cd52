-- Schemas.
-- Visible: what one may use, in the database of the session.
SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option FROM pg_catalog.svv_all_schemas
