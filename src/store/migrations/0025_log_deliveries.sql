-- How the delivery of a cluster's connection and user logs went last, for DescribeLoggingStatus. Whether there is one
-- is in the cluster's settings. Written without an announcement: nothing that is held in memory depends on it.
CREATE TABLE keyshift.log_deliveries (
  account_id         text NOT NULL,
  cluster_identifier text NOT NULL,
  succeeded_at       timestamptz,
  failed_at          timestamptz,
  failure            text,
  PRIMARY KEY (account_id, cluster_identifier),
  FOREIGN KEY (account_id, cluster_identifier) REFERENCES keyshift.clusters ON DELETE CASCADE
);
