-- Datashares.
-- Visible: no rows. There are none.
SELECT NULL::varchar(128) AS share_name, NULL::int AS share_id, NULL::int AS share_owner, NULL::varchar(128) AS source_database, NULL::varchar(128) AS consumer_database, NULL::varchar(8) AS share_type, NULL::timestamp AS createdate, NULL::boolean AS is_publicaccessible, NULL::varchar(256) AS share_acl, NULL::varchar(16) AS producer_account, NULL::varchar(64) AS producer_namespace, NULL::varchar(64) AS managed_by
WHERE false
