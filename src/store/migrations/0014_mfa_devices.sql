-- Virtual devices for one-time codes. The seed is sealed, not hashed: checking a code needs it.
CREATE TABLE keyshift.iam_mfa_devices (
  account_id     text NOT NULL REFERENCES keyshift.accounts,
  serial         text NOT NULL,
  -- A path may hold capitals, so the whole ARN is folded. Serial numbers are ASCII.
  folded         text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(serial COLLATE "C")) STORED,
  sealed_seed    bytea NOT NULL,
  created_at     timestamptz NOT NULL,
  -- The user that it is enabled for.
  user_id        text,
  enabled_at     timestamptz,
  -- Steps of 30 seconds by which the device's clock is off.
  drift_steps    integer NOT NULL DEFAULT 0,
  -- The step of the last code that was taken: no code is taken twice, nor an older one.
  last_step      bigint NOT NULL DEFAULT 0,
  -- Wrong codes since `failing_since`.
  failures       integer NOT NULL DEFAULT 0,
  failing_since  timestamptz,
  PRIMARY KEY (account_id, serial),
  FOREIGN KEY (account_id, user_id) REFERENCES keyshift.iam_users
);

CREATE UNIQUE INDEX iam_mfa_devices_folded ON keyshift.iam_mfa_devices (account_id, folded);
CREATE INDEX iam_mfa_devices_user ON keyshift.iam_mfa_devices (account_id, user_id) WHERE user_id IS NOT NULL;
