-- What Redshift's API keeps beside clusters: custom domains, profiles of drivers, groups of parameters, subnets and
-- security. Each is found by its name, and its content is that of its kind.

CREATE TABLE keyshift.redshift_resources (
  account_id  text NOT NULL REFERENCES keyshift.accounts,
  kind        text NOT NULL,
  name        text NOT NULL,
  content     jsonb NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (account_id, kind, name)
);
