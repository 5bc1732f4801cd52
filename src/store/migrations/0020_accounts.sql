-- More than one account in an installation.

-- The account that the installation was started with: it makes the others.
ALTER TABLE keyshift.installation ADD COLUMN account_id text;
UPDATE keyshift.installation
SET account_id = (SELECT account_id FROM keyshift.accounts ORDER BY created_at, account_id LIMIT 1);

-- Numbers of accounts that are gone. They are not given again: the audit log keeps what happened under them.
CREATE TABLE keyshift.closed_accounts (
  account_id  text PRIMARY KEY,
  closed_at   timestamptz NOT NULL
);

-- Quotas that one account has been given; what is absent is as for all accounts.
CREATE TABLE keyshift.account_quotas (
  account_id  text NOT NULL REFERENCES keyshift.accounts,
  quota       text NOT NULL,
  max         integer NOT NULL CHECK (max > 0),
  PRIMARY KEY (account_id, quota)
);
