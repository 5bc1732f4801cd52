-- The ground that every room stands on: the installation, its keys and its accounts.

CREATE TABLE keyshift.installation (
  only_one          boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  id                uuid NOT NULL,
  master_key_check  bytea NOT NULL,
  test_clock        boolean NOT NULL,
  clock_offset_ms   bigint NOT NULL DEFAULT 0,
  created_at        timestamptz NOT NULL
);

CREATE TABLE keyshift.keyring (
  version     integer PRIMARY KEY CHECK (version BETWEEN 1 AND 65535),
  sealed      bytea NOT NULL,
  created_at  timestamptz NOT NULL
);

CREATE TABLE keyshift.accounts (
  account_id  text PRIMARY KEY CHECK (account_id ~ '^[0-9]{12}$'),
  created_at  timestamptz NOT NULL
);
