-- The rules that an account has set for console passwords, and what of each password they ask about.

CREATE TABLE keyshift.iam_password_policies (
  account_id         text PRIMARY KEY REFERENCES keyshift.accounts,
  characters_min     integer NOT NULL,
  require_symbols    boolean NOT NULL,
  require_numbers    boolean NOT NULL,
  require_uppercase  boolean NOT NULL,
  require_lowercase  boolean NOT NULL,
  users_may_change   boolean NOT NULL,
  age_days_max       integer,
  reuse_prevention   integer,
  hard_expiry        boolean NOT NULL
);

ALTER TABLE keyshift.iam_login_profiles ADD COLUMN password_changed_at timestamptz;
UPDATE keyshift.iam_login_profiles SET password_changed_at = created_at;
ALTER TABLE keyshift.iam_login_profiles ALTER COLUMN password_changed_at SET NOT NULL;

-- The passwords that a user had before the one in force.
CREATE TABLE keyshift.iam_password_history (
  account_id     text NOT NULL,
  user_id        text NOT NULL,
  set_at         timestamptz NOT NULL,
  password_hash  text NOT NULL,
  PRIMARY KEY (account_id, user_id, password_hash),
  FOREIGN KEY (account_id, user_id) REFERENCES keyshift.iam_login_profiles ON DELETE CASCADE
);
