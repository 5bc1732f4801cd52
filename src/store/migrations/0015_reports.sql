-- Reports about an account: its credentials, and when who used what.

CREATE TABLE keyshift.iam_account_settings (
  account_id     text PRIMARY KEY REFERENCES keyshift.accounts,
  -- The form of session tokens that the account has asked for; ours are valid everywhere in any case.
  token_version  integer NOT NULL CHECK (token_version IN (1, 2))
);

CREATE TABLE keyshift.iam_credential_reports (
  account_id    text PRIMARY KEY REFERENCES keyshift.accounts,
  content       text NOT NULL,
  generated_at  timestamptz NOT NULL
);

-- What GenerateServiceLastAccessedDetails has found out, for whoever asks for it by its id.
CREATE TABLE keyshift.iam_access_jobs (
  account_id   text NOT NULL REFERENCES keyshift.accounts,
  id           uuid NOT NULL,
  granularity  text NOT NULL,
  result       json NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);

-- The audit log, summed up: when a principal last called an operation. Sessions of a role count as one principal.
CREATE TABLE keyshift.audit_usage (
  account_id  text NOT NULL,
  principal   text NOT NULL,
  action      text NOT NULL,
  last_at     timestamptz NOT NULL,
  PRIMARY KEY (account_id, principal, action)
);

-- Up to which event of an account the log is summed up.
CREATE TABLE keyshift.audit_usage_progress (
  account_id  text PRIMARY KEY,
  sequence    bigint NOT NULL
);
