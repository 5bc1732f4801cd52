-- What happened to clusters is told by time. Credentials, which are most of the log, are not in the index.

CREATE INDEX audit_events_clusters ON keyshift.audit_events (account_id, at)
  WHERE outcome = 'success' AND name LIKE 'redshift:%Cluster%'
    AND name NOT LIKE 'redshift:GetClusterCredentials%' AND name NOT LIKE 'redshift:Describe%';
