-- The Redshift Data API: sessions that are kept between statements, statements, and their results. What a statement says,
-- what came of it and its rows may hold secrets of the database, so they are sealed under the master key.

CREATE TABLE keyshift.data_sessions (
  session_id          text PRIMARY KEY,
  account_id          text NOT NULL REFERENCES keyshift.accounts,
  -- Unique id of the user or role, and of the session of the role.
  owner_id            text NOT NULL,
  user_id             text NOT NULL,
  cluster             text NOT NULL,
  workgroup           text,
  database            text NOT NULL,
  db_user             text NOT NULL,
  keep_alive_seconds  integer NOT NULL,
  status              text NOT NULL,
  -- What it runs; null when it runs nothing.
  statement_id        text,
  -- The node that holds the connection.
  node                bigint NOT NULL,
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL
);
CREATE INDEX data_sessions_owner ON keyshift.data_sessions (account_id, owner_id, created_at);

CREATE TABLE keyshift.data_statements (
  statement_id   text PRIMARY KEY,
  account_id     text NOT NULL REFERENCES keyshift.accounts,
  owner_id       text NOT NULL,
  user_id        text NOT NULL,
  principal_arn  text NOT NULL,
  client_token   text,
  name           text,
  session_id     text,
  cluster        text NOT NULL,
  workgroup      text,
  database       text NOT NULL,
  db_user        text NOT NULL,
  status         text NOT NULL,
  -- The node that runs it, or has it in its queue.
  node           bigint NOT NULL,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  -- Bytes of the results that are kept.
  kept_bytes     bigint NOT NULL DEFAULT 0,
  sealed_order   bytea NOT NULL,
  sealed_outcome bytea
);
CREATE INDEX data_statements_owner ON keyshift.data_statements (account_id, owner_id, created_at, statement_id);
CREATE UNIQUE INDEX data_statements_token ON keyshift.data_statements (account_id, owner_id, client_token)
  WHERE client_token IS NOT NULL;
CREATE INDEX data_statements_active ON keyshift.data_statements (account_id, cluster)
  WHERE status IN ('SUBMITTED', 'PICKED', 'STARTED');
CREATE INDEX data_statements_age ON keyshift.data_statements (updated_at);

CREATE TABLE keyshift.data_pages (
  statement_id  text NOT NULL REFERENCES keyshift.data_statements ON DELETE CASCADE,
  part          integer NOT NULL,
  page          integer NOT NULL,
  sealed        bytea NOT NULL,
  PRIMARY KEY (statement_id, part, page)
);
