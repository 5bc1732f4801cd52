-- Objects of datashares.
-- Visible: no rows. There are none.
SELECT NULL::varchar(8) AS share_type, NULL::varchar(128) AS share_name, NULL::varchar(64) AS object_type, NULL::varchar(512) AS object_name, NULL::varchar(16) AS producer_account, NULL::varchar(64) AS producer_namespace, NULL::boolean AS include_new
WHERE false
