-- Consumers of datashares.
-- Visible: no rows. There are none.
SELECT NULL::varchar(128) AS share_name, NULL::varchar(16) AS consumer_account, NULL::varchar(64) AS consumer_namespace, NULL::timestamp AS share_date
WHERE false
