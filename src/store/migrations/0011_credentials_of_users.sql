-- What users have besides passwords and access keys, and what programs are given: instance profiles and certificates.

-- Signing certificates, SSH public keys and credentials for single services: all have an id, an owner and a status.
CREATE TABLE keyshift.iam_user_credentials (
  account_id         text NOT NULL,
  id                 text NOT NULL,
  kind               text NOT NULL CHECK (kind IN ('signing-certificate', 'ssh-public-key', 'service-credential')),
  user_id            text NOT NULL,
  status             text NOT NULL CHECK (status IN ('Active', 'Inactive')),
  created_at         timestamptz NOT NULL,
  -- The certificate in PEM, or the key in the form of SSH, with what tells it from others.
  body               text,
  fingerprint        text,
  service_name       text,
  service_user_name  text,
  expires_at         timestamptz,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, user_id) REFERENCES keyshift.iam_users
);

CREATE INDEX iam_user_credentials_user ON keyshift.iam_user_credentials (account_id, user_id, kind);
CREATE UNIQUE INDEX iam_user_credentials_body ON keyshift.iam_user_credentials (account_id, kind, user_id, fingerprint)
  WHERE fingerprint IS NOT NULL;

CREATE TABLE keyshift.iam_instance_profiles (
  account_id  text NOT NULL REFERENCES keyshift.accounts,
  id          text NOT NULL,
  name        text NOT NULL,
  folded      text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name COLLATE "C")) STORED,
  path        text NOT NULL,
  role_id     text,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, role_id) REFERENCES keyshift.iam_roles
);

CREATE UNIQUE INDEX iam_instance_profiles_name ON keyshift.iam_instance_profiles (account_id, folded);
CREATE INDEX iam_instance_profiles_role ON keyshift.iam_instance_profiles (account_id, role_id) WHERE role_id IS NOT NULL;

-- The private key is sealed and never shown again.
CREATE TABLE keyshift.iam_server_certificates (
  account_id   text NOT NULL REFERENCES keyshift.accounts,
  id           text NOT NULL,
  name         text NOT NULL,
  folded       text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name COLLATE "C")) STORED,
  path         text NOT NULL,
  body         text NOT NULL,
  chain        text,
  sealed_key   bytea NOT NULL,
  expires_at   timestamptz NOT NULL,
  uploaded_at  timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);

CREATE UNIQUE INDEX iam_server_certificates_name ON keyshift.iam_server_certificates (account_id, folded);
