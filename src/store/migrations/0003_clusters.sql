-- Clusters: real PostgreSQL servers that GetClusterCredentials issues logins for.

CREATE TABLE keyshift.clusters (
  account_id          text NOT NULL REFERENCES keyshift.accounts,
  cluster_identifier  text NOT NULL,
  kind                text NOT NULL CHECK (kind IN ('embedded', 'external')),
  status              text NOT NULL CHECK (status IN ('creating', 'available', 'modifying', 'deleting', 'failed')),
  directory           text NOT NULL,
  port                integer NOT NULL CHECK (port BETWEEN 1 AND 32767),
  master_username     text NOT NULL,
  database_name       text NOT NULL,
  settings            jsonb NOT NULL,
  created_at          timestamptz NOT NULL,
  PRIMARY KEY (account_id, cluster_identifier),
  -- Deferrable, so that one statement can exchange two ports.
  CONSTRAINT clusters_port UNIQUE (port) DEFERRABLE INITIALLY IMMEDIATE
);
