-- Roles. What hangs on them is in the same tables as what hangs on users and groups.

CREATE TABLE keyshift.iam_roles (
  account_id           text NOT NULL REFERENCES keyshift.accounts,
  id                   text NOT NULL,
  name                 text NOT NULL,
  folded               text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name COLLATE "C")) STORED,
  path                 text NOT NULL,
  description          text,
  -- Users and roles in it are named by their unique ids: who is deleted and made again is somebody else.
  trust_policy         text NOT NULL,
  max_session_seconds  integer NOT NULL,
  boundary_arn         text,
  created_at           timestamptz NOT NULL,
  last_used_at         timestamptz,
  last_used_region     text,
  -- Sessions that were issued up to this instant have been ended.
  sessions_ended_at    timestamptz,
  PRIMARY KEY (account_id, id)
);

CREATE UNIQUE INDEX iam_roles_name ON keyshift.iam_roles (account_id, folded);
CREATE INDEX iam_roles_boundary ON keyshift.iam_roles (account_id, boundary_arn) WHERE boundary_arn IS NOT NULL;

-- The same for the sessions of a user: GetSessionToken and GetFederationToken.
ALTER TABLE keyshift.iam_users ADD COLUMN sessions_ended_at timestamptz;
