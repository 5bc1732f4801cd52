-- What an account has decided about all logins to its clusters.

CREATE TABLE keyshift.login_settings (
  account_id              text PRIMARY KEY REFERENCES keyshift.accounts,
  session_seconds         integer CHECK (session_seconds > 0),
  end_sessions_at_expiry  boolean NOT NULL,
  revoke_on_removal       boolean NOT NULL
);
