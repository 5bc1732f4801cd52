-- Identity: users, groups, keys, policies, and what hangs on them.
-- `owner_id` is the unique id of a user or a group (for tags also of a customer managed policy).
-- `folded` is the name without case: names are unique and sorted by it. They are ASCII, so the C collation does.

-- Always empty. Whoever changes identities locks it first: LOCK TABLE is the one statement that waits before
-- a serializable transaction takes its snapshot, so changes queue up instead of failing and starting again.
CREATE TABLE keyshift.iam_writers (
  account_id  text PRIMARY KEY CHECK (account_id IS NULL)
);

CREATE TABLE keyshift.iam_users (
  account_id             text NOT NULL REFERENCES keyshift.accounts,
  id                     text NOT NULL,
  name                   text NOT NULL,
  folded                 text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name COLLATE "C")) STORED,
  path                   text NOT NULL,
  boundary_arn           text,
  created_at             timestamptz NOT NULL,
  password_last_used_at  timestamptz,
  PRIMARY KEY (account_id, id)
);

CREATE UNIQUE INDEX iam_users_name ON keyshift.iam_users (account_id, folded);
CREATE INDEX iam_users_boundary ON keyshift.iam_users (account_id, boundary_arn) WHERE boundary_arn IS NOT NULL;

CREATE TABLE keyshift.iam_groups (
  account_id  text NOT NULL REFERENCES keyshift.accounts,
  id          text NOT NULL,
  name        text NOT NULL,
  folded      text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name COLLATE "C")) STORED,
  path        text NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);

CREATE UNIQUE INDEX iam_groups_name ON keyshift.iam_groups (account_id, folded);

CREATE TABLE keyshift.iam_group_members (
  account_id  text NOT NULL,
  group_id    text NOT NULL,
  user_id     text NOT NULL,
  PRIMARY KEY (account_id, group_id, user_id),
  FOREIGN KEY (account_id, group_id) REFERENCES keyshift.iam_groups,
  FOREIGN KEY (account_id, user_id) REFERENCES keyshift.iam_users
);

CREATE INDEX iam_group_members_user ON keyshift.iam_group_members (account_id, user_id);

-- A key without a user is the root user's. The secret is sealed, not hashed: verifying a signature needs it.
CREATE TABLE keyshift.iam_access_keys (
  account_id         text NOT NULL REFERENCES keyshift.accounts,
  access_key_id      text NOT NULL,
  user_id            text,
  sealed_secret      bytea NOT NULL,
  status             text NOT NULL CHECK (status IN ('Active', 'Inactive')),
  created_at         timestamptz NOT NULL,
  last_used_at       timestamptz,
  last_used_service  text,
  last_used_region   text,
  PRIMARY KEY (account_id, access_key_id),
  FOREIGN KEY (account_id, user_id) REFERENCES keyshift.iam_users
);

CREATE UNIQUE INDEX iam_access_keys_id ON keyshift.iam_access_keys (access_key_id);
CREATE INDEX iam_access_keys_user ON keyshift.iam_access_keys (account_id, user_id);

CREATE TABLE keyshift.iam_inline_policies (
  account_id  text NOT NULL,
  owner_id    text NOT NULL,
  name        text NOT NULL,
  folded      text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name COLLATE "C")) STORED,
  document    text NOT NULL,
  PRIMARY KEY (account_id, owner_id, folded)
);

CREATE TABLE keyshift.iam_policies (
  account_id       text NOT NULL REFERENCES keyshift.accounts,
  id               text NOT NULL,
  name             text NOT NULL,
  folded           text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name COLLATE "C")) STORED,
  path             text NOT NULL,
  arn              text NOT NULL GENERATED ALWAYS AS ('arn:aws:iam::' || account_id || ':policy' || path || name) STORED,
  description      text,
  default_version  integer NOT NULL,
  newest_version   integer NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);

CREATE UNIQUE INDEX iam_policies_name ON keyshift.iam_policies (account_id, folded);
CREATE UNIQUE INDEX iam_policies_arn ON keyshift.iam_policies (account_id, arn);

CREATE TABLE keyshift.iam_policy_versions (
  account_id  text NOT NULL,
  policy_id   text NOT NULL,
  version     integer NOT NULL,
  document    text NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (account_id, policy_id, version),
  FOREIGN KEY (account_id, policy_id) REFERENCES keyshift.iam_policies ON DELETE CASCADE
);

-- By ARN, which a policy keeps for life, because the policies that AWS manages have no row.
CREATE TABLE keyshift.iam_policy_attachments (
  account_id  text NOT NULL,
  owner_id    text NOT NULL,
  policy_arn  text NOT NULL,
  PRIMARY KEY (account_id, owner_id, policy_arn)
);

CREATE INDEX iam_policy_attachments_arn ON keyshift.iam_policy_attachments (account_id, policy_arn);

-- Here `folded` is made by the program, because the key of a tag may hold any letter of Unicode.
CREATE TABLE keyshift.iam_tags (
  account_id  text NOT NULL,
  owner_id    text NOT NULL,
  folded      text NOT NULL,
  key         text NOT NULL,
  value       text NOT NULL,
  PRIMARY KEY (account_id, owner_id, folded)
);

CREATE TABLE keyshift.iam_login_profiles (
  account_id      text NOT NULL,
  user_id         text NOT NULL,
  password_hash   text NOT NULL,
  reset_required  boolean NOT NULL,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (account_id, user_id),
  FOREIGN KEY (account_id, user_id) REFERENCES keyshift.iam_users
);

CREATE TABLE keyshift.iam_account_aliases (
  account_id  text PRIMARY KEY REFERENCES keyshift.accounts,
  alias       text NOT NULL UNIQUE
);
