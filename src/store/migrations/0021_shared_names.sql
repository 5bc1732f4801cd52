-- A host name leads to one server, so it stands for a cluster of one account only.
CREATE UNIQUE INDEX redshift_resources_domain ON keyshift.redshift_resources (name) WHERE kind = 'custom-domain';
